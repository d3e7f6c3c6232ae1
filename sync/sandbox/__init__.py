"""A stand-in for Wonde's API: invents schools from a seed, lets school days pass, misbehaves on request.

Imports nothing from Django or the rest of the project, so that another team can take this folder as it is.
Where Wonde's behaviour is not known for sure, `choices` has the choice made here.
"""
