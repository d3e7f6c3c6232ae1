"""The includes each endpoint offers: what `meta.includes` lists; anything else is refused."""

STUDENTS = [
    "classes",
    "classes.enrolments",
    "classes.employees",
    "classes.subject",
    "education_details",
    "extended_details",
    "contact_details",
    "attendance_summary",
    "contacts",
    "contacts.contact_details",
    "year",
    "year.employees",
    "house",
    "house.employees",
    "registration",
    "registration.employees",
    "boarding",
    "boarding.employees",
    "groups",
    "groups.employees",
    "campus",
    "permissions",
    "identifiers",
    "behaviours",
    "behaviours.employees",
    "achievements",
    "achievements.employees",
    "photo",
    "sen_needs",
    "siblings",
    "medical_conditions",
    "medical_conditions.notes",
    "medical_events",
    "medical_events.notes",
    "medical_notes",
    "doctors",
    "in_care_date_ranges",
    "sen_date_ranges",
    "fsm_date_ranges",
    "user_defined_fields",
    "results",
    "results.aspect",
    "results.resultset",
    "exclusions",
    "child_protection_plan_date_ranges",
    "upfsm_exception_date_ranges",
    "regional_data",
]

EMPLOYEES = [
    "contact_details",
    "employment_details",
    "extended_details",
    "roles",
    "allowances",
    "scales",
    "photo",
    "roles.contract",
    "allowances.contract",
    "scales.contract",
    "contracts",
    "contracts.roles",
    "contracts.salary",
    "contracts.salary.allowances",
    "contracts.salary.scales",
    "salary",
    "salary.contract",
    "groups",
    "campus",
    "classes",
    "classes.subject",
    "behaviours",
    "behaviours.students",
    "hierarchy",
    "hierarchy.employment_details",
    "employee_absences",
    "identifiers",
    "user_defined_fields",
    "next_of_kin",
    "employment_checks",
    "qualifications",
]

CLASSES = [
    "subject",
    "students",
    "students.contact_details",
    "students.education_details",
    "students.extended_details",
    "students.campus",
    "students.house",
    "students.registration",
    "students.year",
    "students.boarding",
    "students.enrolments",
    "employees",
    "employees.contact_details",
    "employees.employment_details",
    "employees.extended_details",
    "lessons",
    "lessons.room",
    "lessons.period",
]

# Endpoint -> includes. "one" endpoints offer the same unless listed in ON_ONE. Nested ones among contacts, groups and
# lessons that no source lists are inferred from what the same relation offers elsewhere.
OFFERED = {
    "students": STUDENTS,
    "students-leaver": STUDENTS,
    "students-pre-admission": STUDENTS,
    "employees": EMPLOYEES,
    "classes": CLASSES,
    "contacts": ["contact_details", "students", "students.education_details", "students.year"],
    "groups": [
        "students",
        "students.education_details",
        "students.contact_details",
        "employees",
        "employees.contact_details",
        "employees.employment_details",
        "campus",
    ],
    "subjects": ["classes", "classes.lessons", "classes.lessons.period", "classes.lessons.room"],
    "lessons": ["class", "employee", "employees", "period", "room"],
    "behaviours": ["students", "employees"],
    "achievements": ["students", "employees"],
    "attendance/session": ["student", "attendance_code"],
    "attendance/lesson": ["student", "attendance_code"],
    "attendance-leavers/session": ["student", "attendance_code"],
    "exclusions": ["student"],
    "photos": ["student"],
    "medical-events": ["students", "notes"],
    "medical-conditions": ["students", "notes"],
    "medical-notes": ["students"],
    "attendance-summaries": ["student"],
    "employee-absences": ["employee"],
    "assessment/results": ["student", "aspect", "resultset"],
    "counts": [
        "students",
        "contacts",
        "employees",
        "classes",
        "groups",
        "subjects",
        "lessons",
        "periods",
        "rooms",
        "students-leaver",
        "students-pre-admission",
        "deletions",
    ],
}
ON_ONE = {"employees": [*EMPLOYEES, "classes.lessons", "classes.lessons.period", "classes.lessons.room"]}


def offered(endpoint, one=False):
    """The list of includes for an endpoint such as "students"; `one` for a single row."""
    return (ON_ONE.get(endpoint) if one else None) or OFFERED.get(endpoint, [])


class InvalidIncludeError(Exception):
    """An include that this endpoint does not offer. The message is the offending name."""


def parse(text, endpoint, refused, one=False):
    """The tree of a comma-separated include list: {"contacts": {"contact_details": {}}}.

    refused: names this school's MIS does not accept. A nested name brings its parents along.
    Raises InvalidIncludeError for the first name that is not offered.
    """
    allowed = set(offered(endpoint, one)) - refused
    tree = {}
    for name in (part.strip() for part in text.split(",")):
        if not name:
            continue
        if name not in allowed:
            raise InvalidIncludeError(name)
        branch = tree
        for step in name.split("."):
            branch = branch.setdefault(step, {})
    return tree
