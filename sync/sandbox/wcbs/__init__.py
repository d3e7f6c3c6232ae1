"""A stand-in for the API of WCBS (PASS, 3sys) as far as Wonde is connected with it: a token, and the list of schools.

There is nobody in it: what it has is ways to go wrong. Each is at an address of this machine of its own (`faults`).
"""
