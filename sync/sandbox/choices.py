"""Every choice the sandbox makes where nobody outside Wonde knows, or where we only infer. All of it may be wrong.

Nothing here is evidence about the real Wonde. Each entry says whether its matter is *unknown* (looked for, not found
in any public source) or *inferred* (our reading of one). When someone meets the real API, correct this module.
"""

# --- responses ------------------------------------------------------------------------------------

# Unknown: what an include of a to-one relation looks like when there is nothing. Three spellings are plausible, and a
# client must take all of them, so each nullable relation uses one of them.
ABSENT_TO_ONE = {
    "year": {"data": None},
    "registration": {"data": []},
    "house": None,
    "boarding": {"data": []},
    "campus": {"data": None},
    "subject": None,
    "room": {"data": None},
    "period": {"data": None},
    "employee": {"data": None},
    "class": {"data": None},
    "photo": {"data": None},
}

# Unknown: an include whose scope is not granted. A property without its scope is null, so we treat the include as one.
INCLUDE_WITHOUT_SCOPE = None

# Unknown: the body of a 401. The shape follows the other errors.
UNAUTHORISED = ("unauthorized", "The access token is missing or not known.")

# Unknown: what the data endpoints say for a school that has not approved the app, or no longer does. 403 and 404 are
# plausible.
SCHOOL_NOT_APPROVED = (403, "invalid_permissions", "This school has not approved access")

# Recorded as "Scope attendance.read not enabled"; that every scope is worded this way is inferred.
SCOPE_NOT_ENABLED = "Scope {} not enabled"

# Unknown: what writing without a writeback scope says. The sandbox is for reading; no school grants writing.
WRITING_NOT_ENABLED = "Scope for writing not enabled"

# Recorded both ways (the offending name alone; a bare sentence), with no rule for which is used when. A name with a dot
# gets the sentence.
INVALID_INCLUDES = "Invalid includes"

# Unknown: asking for more rows than the cap. We clamp, and say so in `per_page`.
PAGE_SIZE, PAGE_CAP = 50, 200
CAPS = {"attendance/session": 5000}

# Unknown: what a page number below 1, past the end or not a number gives. We start at page 1; past the end is an
# empty list.
FIRST_PAGE = 1

# Unknown: the order of rows in a list. We list rows in the order they were made, deletions oldest first.

# Unknown: how the cursor inside `next` is spelt. We send `cursor=` and an opaque text.
CURSOR = "cursor"

# Unknown: whether `updated_after` includes its bound. We include it, as a client should ask from a little earlier
# anyway.
UPDATED_AFTER_INCLUDES_BOUND = True

# Inferred: moments without a zone, in filters, are UTC.

# --- fields ---------------------------------------------------------------------------------------

# Documented for dates of birth of British schools; that other dates, and other countries, use the same zone is
# inferred.
DATES_TIMEZONE = "Europe/London"

# Unknown: the text in `academic_year` ("2026/2027" here) and in `year_group` ("Year 8" here) of a class. The sandbox
# makes them in profiles.academic_year_name and profiles.COUNTRIES.year_name.

# Unknown: what `meta` holds on a class under a student. Null here.

# Unknown: the key that follows `email_bills` in `relationship`. The recorded sample ends at "co". We send
# `court_order`, because clients must be tested against one; do not take it as evidence that Wonde has it.
COURT_ORDER_KEY = "court_order"

# Unknown: the types of `extended_details`, and how an MIS spells a yes, a no and "nothing" in it. `…_indicator` is a
# boolean in consumers; SEN is a letter or a phrase. Each school spells a few of them otherwise.
SPELLINGS = {
    "yes": (True, True, True, "Y", "Yes", 1, "true"),
    "no": (False, False, False, "N", "No", 0, "false"),
    "eal_status": ("New to English", "Early acquisition", "Developing competence", "Competent", "Fluent"),
    "none": ("N", "N", "N", "No Special Educational Need", "N - No SEN"),
    "support": ("K", "K", "SEN Support", "K - SEN Support", "A", "P"),
    "plan": ("E", "EHC Plan", "E - Education, Health and Care Plan", "S"),
    "nothing": (None, None, "", "N/A", "-"),
}

# Unknown: the values of the ACL's `mode`. The portal words them allow all, exclude some, allow only some.
ACL_MODE_NOBODY_HIDDEN, ACL_MODE_SOME_HIDDEN = "all", "exclude"

# Unknown: the fields of an event (calendar) beyond `id`. The ones extras.py adds are ours.

# Unknown: key names that `extra_ids=true` adds. The sandbox adds none.

# --- behaviour ------------------------------------------------------------------------------------

# Unknown: whether a changed contact, or a changed `relationship`, counts as an update of the student. Here it does not;
# what counts is what one consumer was told: the student's own fields, contact details, classes and year.

# Unknown: whether `counts` counts people the school hides from the app. Here it does, so that a client can tell.
COUNTS_INCLUDE_HIDDEN = True

# Unknown: whether the Wonde id carries over when a student leaves, or starts. Here it does.

# Lower-case singular names are seen for the first five; the rest is inferred.
DELETION_TYPES = {
    "students": "student",
    "employees": "employee",
    "contacts": "contact",
    "classes": "class",
    "groups": "group",
    "subjects": "subject",
    "leavers": "student_leaver",
    "pre_admissions": "student_pre_admission",
}

# Unknown: which MIS refuses which includes. That they differ is known; these are examples, none of them essential.
INCLUDES_REFUSED = {
    "sims": frozenset(),
    "arbor": frozenset({"boarding", "boarding.employees", "students.boarding"}),
    "bromcom": frozenset({"child_protection_plan_date_ranges", "hierarchy", "hierarchy.employment_details"}),
    "wcbs": frozenset({"attendance_summary", "fsm_date_ranges", "upfsm_exception_date_ranges"}),
}

# Unknown: an answer to a second access request, or to revoking twice. Here the same as the first; an approved school
# stays approved.
ACCESS_MESSAGES = {"request": "Access request successfully received", "revoke": "Access revoked"}

# Unknown: whether a school that approved us can be read before Wonde has checked ("audited") its data. Here it can.

# Inferred: that the lists of those who declined or revoked say why as the webhooks do. access -> key
REASON_KEYS = {"declined": "decline_reason", "revoked": "revoke_reason"}

# Unknown: what `updated_after` on a list of schools asks. Here it is when the school came into its present state.

# Unknown: headers, signature, order and repetition of webhooks. Here: the type alone, none, as it happens, once.
WEBHOOK_HEADERS = {"Content-Type": "application/json"}

# Documented as a date-time text; how it is spelt, and that it is UTC, is unknown. That a migration is told of a second
# time, with `completed_at`, once it has happened, is inferred.
WEBHOOK_MOMENT = "%Y-%m-%d %H:%M:%S"

# --- scopes ---------------------------------------------------------------------------------------

# `attendance.read` was seen live, `contacts.read` stands in a documented sample; every other spelling is inferred.
# identity -> (group, name, parent)
SCOPES = {
    "students.read": ("Students", "Students", None),
    "students.upn.read": ("Students", "Student UPN", "students.read"),
    "students.date_of_birth.read": ("Students", "Student date of birth", "students.read"),
    "students.gender.read": ("Students", "Student gender", "students.read"),
    "students.legal_name.read": ("Students", "Student legal name", "students.read"),
    "students.education_details.read": ("Students", "Student education details", "students.read"),
    "students.extended_details.read": ("Students", "Student extended details", "students.read"),
    "students.contact_details.read": ("Students", "Student contact details", "students.read"),
    "students-leaver.read": ("Students", "Leavers", None),
    "students-pre-admission.read": ("Students", "Pre-admission students", None),
    "photos.read": ("Students", "Photos", None),
    "contacts.read": ("Contacts", "Contacts", None),
    "contacts.contact_details.read": ("Contacts", "Contact contact details", "contacts.read"),
    # The names of these three are seen in a vendor's help page; identities, and that they null one key each, inferred.
    "contacts.court_order.read": ("Contacts", "Contacts court order", "contacts.read"),
    "contacts.parental_responsibility.read": ("Contacts", "Contacts parental responsibility", "contacts.read"),
    "contacts.priority.read": ("Contacts", "Contacts priority", "contacts.read"),
    "contacts.date_of_birth.read": ("Contacts", "Contact date of birth", "contacts.read"),
    "contacts.gender.read": ("Contacts", "Contact gender", "contacts.read"),
    "employees.read": ("Employees", "Employees", None),
    "employees.contact_details.read": ("Employees", "Employee contact details", "employees.read"),
    "employees.employment_details.read": ("Employees", "Employee employment details", "employees.read"),
    "employees.extended_details.read": ("Employees", "Employee extended details", "employees.read"),
    "employees.date_of_birth.read": ("Employees", "Employee date of birth", "employees.read"),
    "employees.gender.read": ("Employees", "Employee gender", "employees.read"),
    "employees.legal_name.read": ("Employees", "Employee legal name", "employees.read"),
    "employee-absences.read": ("Employees", "Employee absences", None),
    "classes.read": ("Curriculum", "Classes", None),
    "subjects.read": ("Curriculum", "Subjects", None),
    "groups.read": ("Curriculum", "Groups", None),
    "lessons.read": ("Curriculum", "Lessons", None),
    "periods.read": ("Curriculum", "Periods", None),
    "rooms.read": ("Curriculum", "Rooms", None),
    "events.read": ("Curriculum", "Events", None),
    "attendance.read": ("Attendance", "Attendance", None),
    "behaviours.read": ("Behaviour", "Behaviours", None),
    "achievements.read": ("Behaviour", "Achievements", None),
    "exclusions.read": ("Behaviour", "Exclusions", None),
    "detentions.read": ("Behaviour", "Detentions", None),
    "medical.read": ("Medical", "Medical", None),
    "doctors.read": ("Medical", "Doctors", None),
    "assessment.read": ("Assessment", "Assessment", None),
}

# Recorded both ways: a client reads `declined`, the documents have `audited`; both are nullable. Unknown: which live
# schools see. What an event makes of the list: the keys it leaves out, or another spelling, or no list at all.
PERMISSION_LISTS = {"both": (), "audited": ("declined",), "declined": ("audited",), "respelt": (), "none": ()}

ALL_SCOPES = frozenset(SCOPES)
ROSTER_SCOPES = frozenset(
    {
        "students.read",
        "students.upn.read",
        "students.education_details.read",
        "contacts.read",
        "contacts.contact_details.read",
        "contacts.court_order.read",
        "contacts.parental_responsibility.read",
        "contacts.priority.read",
        "employees.read",
        "employees.contact_details.read",
        "employees.employment_details.read",
        "classes.read",
        "subjects.read",
        "groups.read",
        "lessons.read",
        "periods.read",
        "rooms.read",
    }
)

# kind -> {property: scope}. Which properties have a scope of their own is inferred, but for UPN and those recorded as
# null.
FIELD_SCOPES = {
    "students": {
        "date_of_birth": "students.date_of_birth.read",
        "gender": "students.gender.read",
        "gender_identity": "students.gender.read",
        "legal_surname": "students.legal_name.read",
        "legal_forename": "students.legal_name.read",
    },
    "education_details": {"upn": "students.upn.read", "former_upn": "students.upn.read"},
    "contacts": {"date_of_birth": "contacts.date_of_birth.read", "gender": "contacts.gender.read"},
    "relationship": {
        COURT_ORDER_KEY: "contacts.court_order.read",
        "parental_responsibility": "contacts.parental_responsibility.read",
        "priority": "contacts.priority.read",
    },
    "employees": {
        "date_of_birth": "employees.date_of_birth.read",
        "gender": "employees.gender.read",
        "legal_surname": "employees.legal_name.read",
        "legal_forename": "employees.legal_name.read",
    },
}

DEMO_TOKEN = "5ab0c3d1e2f40918273645abcdef001122334455"  # noqa: S105 - public on purpose: it opens invented data only
PUBLIC_HOSTS = (
    "api.wonde.com",
    "api-ap-southeast-2.wonde.com",
    "api-af-south-1.wonde.com",
    "api-us-west-2.wonde.com",
)

# --- WCBS (sync.sandbox.wcbs) -----------------------------------------------------------------------

# Seen in public clients: where the token is asked for and with which form, lists as OData v4. Inferred: all below.
WCBS_REFUSED = (400, "invalid_client")  # a wrong id or secret, as RFC 6749 has it
# A third party without a licence: a token, and 403 (or 401) for the list of schools. Names may be null or absent.
WCBS_CLIENT = "WONDEAPI"
WCBS_SECRET = "Q0wyb7Vt3cRk8sPz1mXe5uHd"  # noqa: S105 - public on purpose: it opens nothing
