"""Everybody who might open a URL of the site, and for each URL who gets in."""

# The teacher of the class, another teacher of the school, a lead of the school, a lead of another school, a student of
# the class, somebody who may agree for the school and is nothing else there, support in a session that gave the second
# factor, support with every right but only for other schools, support that did not give the second factor, somebody not
# signed in.
ROLES = [
    "teacher", "colleague", "lead", "stranger", "student", "authoriser", "support", "support elsewhere",
    "bare support", "nobody",
]  # fmt: skip

EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"nobody"}
STAFF = SIGNED_IN - {"student"}
TEACHERS = frozenset({"teacher", "colleague", "lead"})
OWN_TEACHERS = frozenset({"teacher", "lead"})
LEADS = frozenset({"lead", "support"})
WHO_AGREES = LEADS | {"authoriser"}
STUDENTS = frozenset({"student"})
NOBODY = frozenset()  # for a school that exists, or without the link in a mail

TABLE = {
    "home": SIGNED_IN,
    "to_product": SIGNED_IN,
    "favicon": EVERYBODY,
    "security_txt": EVERYBODY,
    "schools:choose": SIGNED_IN,
    "schools:who_am_i": STAFF,
    "schools:invitation": EVERYBODY,  # who has followed the link in a mail
    "schools:invitation_link": EVERYBODY,
    "schools:hand_on": EVERYBODY,
    "schools:start": WHO_AGREES,
    "schools:authorisers": WHO_AGREES,
    "schools:agreement": WHO_AGREES,
    "schools:agreement_file": WHO_AGREES,
    "schools:receipt": WHO_AGREES,
    "classes:mine": TEACHERS,
    "classes:all": TEACHERS,
    "classes:find": TEACHERS,
    "classes:detail": TEACHERS,
    "classes:csv": TEACHERS,
    "classes:signin": OWN_TEACHERS,
    "classes:school_signin": frozenset({"lead"}),
    "classes:ask": TEACHERS,
    "classes:requests": TEACHERS,
    "classes:request": OWN_TEACHERS,  # the teacher asked
    "classes:withdraw": OWN_TEACHERS,
    "students:detail": TEACHERS | {"support"},
    "students:username": OWN_TEACHERS,
    "students:keep_username": OWN_TEACHERS,
    "students:new_code": OWN_TEACHERS,
    "students:lost_card": OWN_TEACHERS,
    "students:sign_out_student": OWN_TEACHERS,
    "students:wrong_tries": LEADS,
    "students:list": LEADS,
    "students:csv": frozenset({"lead"}),
    "students:decline_code": OWN_TEACHERS,
    "students:find_school": EVERYBODY,
    "students:sign_in": EVERYBODY,
    "students:ask": EVERYBODY,
    "students:me": STUDENTS,
    "students:password": STUDENTS,
    "students:ask_for_mine": STUDENTS,
    "students:sign_out": STUDENTS,
    "students:sign_out_everywhere": STUDENTS,
    "parents:overview": LEADS,
    "parents:of_class": LEADS,
    "parents:mails": LEADS,
    "parents:stop": NOBODY,
    "parents:again": NOBODY,
    "parents:not_mine": NOBODY,
    "sync:hook": NOBODY,
    "sync:school": LEADS,
    "sync:remind": frozenset({"lead"}),
    "sync:read": LEADS,
    "sync:held": LEADS,
    "sync:decide": LEADS,
    "sync:decided": LEADS,
    "sync:held_csv": LEADS,
    "sync:decided_csv": LEADS,
    "sync:preview": LEADS,
    "sync:new_year": LEADS,
    "sync:change_of_mis": LEADS,
    "sync:september": LEADS,
    "sync:changing_mis": LEADS,
    "sync:resume": LEADS,
    "sync:import": LEADS,
    "sync:import_match": LEADS,
    "sync:import_upload": LEADS,
    "sync:import_columns": LEADS,
    "sync:import_template": LEADS,
    "sync:import_preview": LEADS,
    "sync:import_start": LEADS,
    "sync:import_progress": LEADS,
    "sync:import_cancel": LEADS,
    "sync:second": LEADS,
    "sync:somebody_else": LEADS,
    "sync:history": LEADS,
    "sync:run": LEADS,
    "sync:undo": LEADS,
    "sync:left": LEADS,
    "sync:left_out": LEADS,
    "sync:leave_out": LEADS,
    "sync:let_in": LEADS,
    "sync:erasures": WHO_AGREES,
    "sync:erasure": WHO_AGREES,
    "sync:erase": LEADS,
    "sync:erase_kind": LEADS,
    "sync:export": LEADS,
    "sync:exported": frozenset({"support"}),  # who asked for it
    "sync:call_off": frozenset({"lead"}),
    "sync:copies": LEADS,
    "sync:copy": LEADS,
    "sync:copy_note": LEADS,
    "sync:copy_decide": frozenset({"lead"}),
    "sync:copy_fetch": frozenset({"lead"}),
    "sync:stop": WHO_AGREES,
    "sync:revoked": WHO_AGREES,  # on to the school, while it shares
    "sync:erase_school": NOBODY,
    "sync:end_in_wonde": NOBODY,
    "sync:share_again": NOBODY,
    "sync:staff": LEADS,
    "sync:staff_member": LEADS,
    "sync:staff_lead": LEADS,
    "sync:invite_lead": LEADS,
    "sync:take_back": LEADS,
    "sync:audit": LEADS,
    "sync:settings": LEADS,
    "sync:why": LEADS,
    "sync:why_student": TEACHERS | LEADS,
    "sync:fields": LEADS,
    "sync:sharing": WHO_AGREES,
    "sync:review": WHO_AGREES,
    "sync:wcbs": WHO_AGREES,
    "sync:wcbs_step": WHO_AGREES,
    "sync:purpose": frozenset({"lead"}),
}
WITHOUT_SIGN_IN = {name for name, who in TABLE.items() if "nobody" in who} | {
    "parents:stop",
    "parents:again",
    "parents:not_mine",
    "sync:hook",
}

# The first of these that a URL is open to may do the most there.
STRONGEST = ["support", "lead", "teacher", "student", "nobody"]
