"""What a record looks like on the wire: one function per kind, keys in the order that live data has them."""

from sync.sandbox import choices
from sync.sandbox.world import chance, profiles

NO_ADDRESS = dict.fromkeys(
    ("house_number", "house_name", "apartment", "street", "district", "town", "county", "country", "postcode")
)
EXTENDED_TEXT = [
    "application_status",
    "birth_place",
    "boarding_status",
    "child_in_need",
    "child_protection_plan",
    "custody_alert",
    "custody_details",
    "dietary_needs",
    "english_as_additional_language",
    "english_as_additional_language_status",
    "enrolment_status",
    "ethnicity",
    "ethnicity_code",
    "ever_in_care",
    "first_language",
    "free_school_meals",
    "free_school_meals_6",
    "fsm_review_date",
    "general_notes",
    "gifted_and_talented_status",
    "in_care_details",
    "in_lea_care",
    "leaver_destination",
    "marital_status",
    "national_insurance_number",
    "nationality",
    "next_of_kin",
    "paramedical_support",
    "permanent_resident",
    "premium_pupil_eligible",
    "premium_pupil_indicator",
    "premium_pupil_notes",
    "religion",
    "responsible_care_authority",
    "sen_status",
    "service_children_indicator",
    "youth_support_services_agreement",
]


def moment(value):
    """A UTC moment as Wonde's three keys, or None."""
    if value is None:
        return None
    return {"date": value.isoformat(" ", "microseconds")[:26], "timezone_type": 3, "timezone": "UTC"}


def day(value):
    """A date as Wonde's three keys: midnight in a named zone, not UTC."""
    if value is None:
        return None
    return {"date": f"{value} 00:00:00.000000", "timezone_type": 3, "timezone": choices.DATES_TIMEZONE}


def initials(person):
    """Two letters, or None if a name is not known."""
    return f"{person.forename[0]}{person.surname[0]}" if person.forename and person.surname else None


def student(row, world):
    return {
        "id": row.id, "upi": row.upi, "mis_id": row.mis_id, "title": row.title, "initials": initials(row),
        "surname": row.surname, "forename": row.forename, "middle_names": row.middle_names,
        "legal_surname": row.legal_surname, "legal_forename": row.legal_forename, "gender": row.gender,
        "gender_identity": None, "date_of_birth": day(row.date_of_birth), "restored_at": moment(row.restored_at),
        "created_at": moment(row.created_at), "updated_at": moment(row.updated_at),
    }  # fmt: skip


def contact(row, world):
    return {
        "id": row.id, "mis_id": row.mis_id, "upi": row.upi, "title": row.title, "initials": initials(row),
        "surname": row.surname, "forename": row.forename, "middle_names": row.middle_names, "gender": row.gender,
        "date_of_birth": day(row.date_of_birth), "restored_at": moment(row.restored_at),
        "created_at": moment(row.created_at), "updated_at": moment(row.updated_at),
    }  # fmt: skip


def employee(row, world):
    return {
        "id": row.id, "upi": row.upi, "mis_id": row.mis_id, "initials": initials(row), "title": row.title,
        "surname": row.surname, "forename": row.forename, "middle_names": row.middle_names,
        "legal_surname": row.legal_surname, "legal_forename": row.legal_forename, "gender": row.gender,
        "date_of_birth": day(row.date_of_birth), "restored_at": moment(row.restored_at),
        "updated_at": moment(row.updated_at), "created_at": moment(row.created_at),
    }  # fmt: skip


def school_class(row, world):
    mis, country = profiles.MIS[world.mis], world.profile.country
    year_name = profiles.COUNTRIES[country].year_name
    dated = mis.states_academic_year and row.academic_year is not None
    return {
        "id": row.id, "mis_id": row.mis_id, "type": None, "name": row.name, "code": row.code,
        "description": row.name if row.subject else None, "subject": row.subject, "alternative": None, "priority": None,
        "academic_year": profiles.academic_year_name(country, row.academic_year) if dated else None,
        "year_group": year_name.format(row.year) if mis.states_year_group and row.year else None,
        "restored_at": moment(row.restored_at), "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at), "meta": None,
    }  # fmt: skip


def group(row, world):
    return {
        "id": row.id, "mis_id": row.mis_id, "name": row.name, "code": row.code, "type": row.type,
        "description": row.description, "notes": None, "division": None, "restored_at": moment(row.restored_at),
        "created_at": moment(row.created_at), "updated_at": moment(row.updated_at), "meta": None,
    }  # fmt: skip


def subject(row, world):
    return {
        "id": row.id, "mis_id": row.mis_id, "code": row.code, "name": row.name, "active": row.active,
        "created_at": moment(row.created_at), "updated_at": moment(row.updated_at),
    }  # fmt: skip


def period(row, world):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return {
        "id": row.id, "mis_id": row.mis_id, "name": row.name, "day": days[row.day], "start_time": row.start_time,
        "end_time": row.end_time, "created_at": moment(row.created_at), "updated_at": moment(row.updated_at),
    }  # fmt: skip


def room(row, world):
    return {
        "id": row.id, "mis_id": row.mis_id, "name": row.name, "code": row.code,
        "created_at": moment(row.created_at), "updated_at": moment(row.updated_at),
    }  # fmt: skip


def lesson(row, world):
    return {
        "id": row.id, "mis_id": row.mis_id, "room": row.room, "period": row.period,
        "period_instance_id": row.period_instance_id, "employee": row.employee, "alternative": None, "priority": None,
        "start_at": moment(row.start_at), "end_at": moment(row.end_at), "day_number": None,
        "created_at": moment(row.created_at), "updated_at": moment(row.updated_at),
    }  # fmt: skip


def deletion(row, world):
    return {
        "id": row.id, "mis_id": row.mis_id, "type": row.type, "deleted_at": moment(row.deleted_at),
        "restored_at": moment(row.restored_at),
    }  # fmt: skip


def education_details(row, world):
    return {
        "upn": row.upn, "former_upn": None, "local_upn": None, "learner_number": None,
        "admission_number": row.admission_number, "admission_date": day(row.admission_date),
        "leaving_date": day(row.leaving_date), "current_nc_year": row.current_nc_year, "part_time": row.part_time,
        "part_time_rate": None,
    }  # fmt: skip


def extended_details(row, world):
    """Special-category data: the keys are there, but the sandbox invents no child's religion, health or income. What
    consumers read of it (EAL, Pupil Premium, SEN) is spelt as `choices` say, and stays the same while a child has
    their UPI."""
    rng = chance.dice(row.upi or row.id, "extended")

    def one_of(**weights):
        (meant,) = rng.choices(list(weights), list(weights.values()))
        return rng.choice(choices.SPELLINGS[meant])

    eal = one_of(yes=18, no=75, nothing=7)
    return dict.fromkeys(EXTENDED_TEXT) | {
        "enrolment_status": "Single Registration",
        "english_as_additional_language": eal,
        "english_as_additional_language_status": one_of(eal_status=1) if eal in choices.SPELLINGS["yes"] else None,
        "premium_pupil_indicator": one_of(yes=25, no=70, nothing=5),
        "sen_status": one_of(none=80, support=13, plan=4, nothing=3),
    }


def contact_details(row, world):
    address = dict(NO_ADDRESS)
    if home := row.home:
        address |= {
            "house_number": home.house_number, "house_name": home.house_name, "street": home.street, "town": home.town,
            "country": profiles.COUNTRIES[world.profile.country].country, "postcode": home.postcode,
        }  # fmt: skip
    return {
        "phones": row.phones,
        "emails": row.emails,
        "addresses": {"home": address | {"uprn": None}, "work": NO_ADDRESS, "postal": NO_ADDRESS},
        "salutation": row.salutation,
    }


def employment_details(row, world):
    return {
        "current": row.current, "teaching_staff": row.teaching_staff,
        "employment_start_date": day(row.employment_start_date), "employment_end_date": day(row.employment_end_date),
        "role_text": row.role_text,
    }  # fmt: skip


def relationship(link):
    """The plain object between a student and a contact; only on nested rows."""
    return {
        "relationship": link.relationship, "parental_responsibility": link.parental_responsibility,
        "priority": link.priority, "lives_with_pupil": link.lives_with_pupil, "bill_payer": link.bill_payer,
        "email_bills": link.email_bills, choices.COURT_ORDER_KEY: link.court_order,
    }  # fmt: skip


def teaching(row):
    """The pivot between a class and an employee; only on nested rows."""
    roles = ["Main Class Teacher", "Class Teacher"] if row.main else ["Class Teacher"]
    return {"is_main_teacher": row.main, "is_class_teacher": True, "role": roles[0], "all_roles": roles}


def plain(row, world):
    """For rows of `extras`, which carry their wire shape with them."""
    return dict(row.fields)


# Kind -> shape; the kinds of `extras` have none here and are `plain`.
SHAPES = {
    "students": student,
    "contacts": contact,
    "employees": employee,
    "classes": school_class,
    "groups": group,
    "subjects": subject,
    "periods": period,
    "rooms": room,
    "lessons": lesson,
    "deletions": deletion,
    "education_details": education_details,
    "extended_details": extended_details,
    "contact_details": contact_details,
    "employment_details": employment_details,
}
