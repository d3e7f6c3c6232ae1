"""Tables of the wire, written by hand from what is publicly known of Wonde's API; never from the sandbox's own output.

A line is a key path, a JSON type and, with "?", that it may be null. `moment` and `day` are Wonde's three-key objects.
"""

STUDENT = """
id string
upi string?
mis_id string
title string?
initials string?
surname string?
forename string?
middle_names string?
legal_surname string?
legal_forename string?
gender string?
gender_identity string?
date_of_birth day?
restored_at moment?
created_at moment
updated_at moment
"""
CONTACT = """
id string
mis_id string
upi string
title string?
initials string?
surname string?
forename string?
middle_names string?
gender string?
date_of_birth day?
restored_at moment?
created_at moment
updated_at moment
"""
EMPLOYEE = """
id string
upi string
mis_id string
initials string?
title string?
surname string?
forename string?
middle_names string?
legal_surname string?
legal_forename string?
gender string?
date_of_birth day?
restored_at moment?
updated_at moment
created_at moment
"""
CLASS = """
id string
mis_id string
type string?
name string
code string?
description string?
subject string?
alternative string?
priority string?
academic_year string?
year_group string?
restored_at moment?
created_at moment
updated_at moment
meta null?
"""
GROUP = """
id string
mis_id string
name string
code string?
type string
description string?
notes string?
division string?
restored_at moment?
created_at moment
updated_at moment
meta null?
"""
SUBJECT = """
id string
mis_id string
code string?
name string?
active boolean?
created_at moment
updated_at moment
"""
LESSON = """
id string
mis_id string
room string?
period string?
period_instance_id string
employee string?
alternative string?
priority string?
start_at moment
end_at moment
day_number integer?
created_at moment
updated_at moment
"""
PERIOD = """
id string
mis_id string
name string
day string
start_time string
end_time string
created_at moment
updated_at moment
"""
ROOM = """
id string
mis_id string
name string
code string?
created_at moment
updated_at moment
"""
DELETION = """
id string
mis_id string
type string
deleted_at moment
restored_at moment?
"""
EDUCATION_DETAILS = """
upn string?
former_upn string?
local_upn string?
learner_number string?
admission_number string?
admission_date day?
leaving_date day?
current_nc_year string?
part_time boolean?
part_time_rate string?
"""
EMPLOYMENT_DETAILS = """
current boolean?
teaching_staff boolean?
employment_start_date day?
employment_end_date day?
role_text string?
"""
PLACE = ["house_number", "house_name", "apartment", "street", "district", "town", "county", "country", "postcode"]
CONTACT_DETAILS = "\n".join(
    [
        *(f"phones.{name} string?" for name in ("phone", "primary", "home", "work", "mobile")),
        *(f"emails.{name} string?" for name in ("email", "primary", "home", "work")),
        *(f"addresses.{kind}.{name} string?" for kind in ("home", "work", "postal") for name in PLACE),
        "addresses.home.uprn string?",
        "salutation string?",
    ]
)
RELATIONSHIP = """
relationship string?
parental_responsibility boolean?
priority integer?
lives_with_pupil boolean?
bill_payer boolean?
email_bills boolean?
court_order boolean?
"""
TEACHING = """
is_main_teacher boolean
is_class_teacher boolean
role string
all_roles list
"""
SCHOOL = """
id string
name string
establishment_number string?
urn integer?
phase_of_education string
la_code string?
timezone string?
mis string?
address.address_line_1 string?
address.address_line_2 string?
address.address_town string?
address.address_postcode string?
address.address_country.code string
address.address_country.name string
extended.allows_writeback boolean
extended.has_timetables boolean
extended.has_lesson_attendance boolean
extended.audit_approved_at moment?
region.code string
region.domain string
region.school_url string
region.identifiers.la_code string?
region.identifiers.establishment_number string?
region.identifiers.urn integer?
"""
PERMISSION = """
identity string
name string
description string
parent string?
group string
active_from moment
optional boolean
approved boolean
audited boolean
declined boolean
"""
STATUS = """
online boolean
approved boolean
audited boolean
custom_attendance_codes boolean
"""
ATTENDANCE_SUMMARY = """
id string
mis_id string
possible_marks integer
present integer
authorised_absences integer
unauthorized_absences integer
unexplained_absences integer
approved_education_activity integer
attendance_not_required integer
late_before_registration integer
late_after_registration integer
missing_marks integer
attendance_codes./ integer
attendance_codes.M integer
created_at moment
updated_at moment
"""
ATTENDANCE_CODE = """
id string
code string
description string
type string
"""
DOCTOR = """
id string
mis_id string
title string?
forename string?
middle_name string?
surname string?
practice_name string?
telephone string?
building_number string?
building_name string?
street string?
district string?
town string?
county string?
postcode string?
country string?
created_at moment
updated_at moment
"""
# Null in every row, as in the recorded data: nobody has ever seen what else they hold.
ALWAYS_NULL = {
    "title", "gender_identity", "restored_at", "type", "code", "alternative", "priority", "meta", "notes", "division",
    "day_number", "former_upn", "local_upn", "learner_number", "leaving_date", "part_time_rate",
}  # fmt: skip
