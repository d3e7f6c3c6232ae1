"""Families: students, their contacts, and the links between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sync.sandbox.world import chance, names, profiles
from sync.sandbox.world.records import Contact, Home, Link, Student

MAIL_HOSTS = ("example.org", "example.com", "example.net")
NO_EMAILS = {"email": None, "primary": None, "home": None, "work": None}
CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
NO_PHONES = {"phone": None, "primary": None, "home": None, "work": None, "mobile": None}

# (weight, adults). An adult: relationship, female, parental responsibility, priority, lives with the pupil.
MOTHER = ("Mother", True, True, 1, True)
FATHER = ("Father", False, True, 2, True)
HOUSEHOLDS = [
    (46, (MOTHER, FATHER)),
    (13, (MOTHER,)),
    (4, (("Father", False, True, 1, True),)),
    (13, (MOTHER, ("Father", False, True, 2, False))),  # separated: he has another address
    (6, (MOTHER, ("Step-father", False, False, 2, True), ("Father", False, True, 3, False))),
    (6, (MOTHER, ("Grandmother", True, False, 3, False))),
    (3, (("mother", True, True, None, True), ("father", False, True, None, True))),  # an MIS without priorities
    (3, (("Mother", True, None, 1, True), ("Father", False, None, 2, None))),  # responsibility not known
    (2, (("Carer", True, False, 1, True), ("Social Worker", True, None, 2, False))),
    (2, (("Guardian", False, True, 1, True),)),
    (1, (("Parent", True, True, 1, True), ("Parent", True, True, 1, True))),  # equal first contacts
    (1, ((None, True, True, 1, None),)),
]


def age_moment(world, rng, days):
    """A moment in the early morning, up to `days` before the world's clock began."""
    return world.now - timedelta(days=rng.randint(1, days), seconds=rng.randint(0, 5400))


def at_school_time(day):
    return datetime.combine(day, time(5, 0), UTC)


def date_of_birth(world, rng, year_code):
    """A birthday that puts a child into this year group at the start of the world's academic year."""
    start = profiles.academic_year_start(world.profile.country, world.academic_year)
    age = profiles.age_in(world.profile.country, year_code)
    return date(start.year - age, start.month, start.day) - timedelta(days=rng.randint(1, 365))


def unique_pupil_number(rng):
    """13 characters, a check letter first, as English schools use. No local authority has the number 999, so it can be
    nobody's."""
    digits = f"999{rng.randrange(10**9):09d}"
    return CHECK_LETTERS[sum(weight * int(digit) for weight, digit in enumerate(digits, 2)) % 23] + digits


def make_student(world, rng, surname, pools, year_code, female=None):
    """A student without contacts or memberships, not in any table yet."""
    country = profiles.COUNTRIES[world.profile.country]
    female = rng.random() < 0.5 if female is None else female
    forename = names.forename(rng, pools, female)
    legal = forename if rng.random() < 0.94 else names.forename(rng, pools, female)
    mis_id = world.new_mis_id()
    start = profiles.academic_year_start(world.profile.country, world.academic_year)
    years = profiles.years_of(world.profile.country, world.profile.phase)
    admitted = start.replace(year=start.year - years.index(year_code)) + timedelta(days=1)
    moment = age_moment(world, rng, 60)
    return Student(
        id=world.new_id(country.student_letter), mis_id=mis_id, upi=chance.upi(world.profile.id, world.mis, mis_id),
        surname=surname, forename=forename, legal_surname=surname, legal_forename=legal,
        middle_names=rng.choice(names.MIDDLE_NAMES) if rng.random() < 0.6 else None,
        gender=("FEMALE" if female else "MALE") if rng.random() < 0.99 else None,
        date_of_birth=date_of_birth(world, rng, year_code), year=year_code,
        upn=unique_pupil_number(rng) if country.upns and rng.random() < 0.985 else None,
        admission_number=str(world.new_mis_id()) if rng.random() < 0.98 else None,
        admission_date=admitted, current_nc_year=year_code, part_time=False if rng.random() < 0.98 else None,
        created_at=at_school_time(admitted), updated_at=max(moment, at_school_time(admitted)),
        emails=NO_EMAILS, phones=NO_PHONES,
    )  # fmt: skip


def make_home(world, rng):
    number = str(rng.randint(1, 180))
    named = rng.random() < 0.04
    return Home(
        None if named else number,
        "Weir Cottage" if named else None,
        rng.choice(names.STREETS),
        world.profile.town,
        f"{world.profile.postcode.split()[0]} {rng.randint(1, 9)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQR')}",
    )


def email_slots(rng, address):
    """The four slots of `contact_details.emails`; MISs fill them in differently, so any of them may be the one in
    use."""
    if address is None:
        return NO_EMAILS
    style = rng.random()
    if style < 0.6:
        return {"email": address, "primary": address, "home": address, "work": None}
    if style < 0.8:
        return {"email": address, "primary": None, "home": address, "work": None}
    if style < 0.9:
        return {"email": None, "primary": address, "home": None, "work": None}
    return {"email": None, "primary": None, "home": None, "work": address}


def make_address(world, rng, forename, surname):
    local = f"{names.email_part(forename)[:12]}.{names.email_part(surname)[:20]}{world._made % 1000}"
    address = f"{local}@{rng.choice(MAIL_HOSTS)}"
    return address.title() if rng.random() < 0.02 else address


def make_contact(world, rng, surname, pools, female, home):
    """An adult with an address of their own or, for one in twelve, without."""
    forename = names.forename(rng, pools, female) if rng.random() < 0.99 else None
    address = make_address(world, rng, forename or "x", surname) if rng.random() < 0.92 else None
    mobile = f"07700 900{rng.randrange(1000):03d}" if rng.random() < 0.9 else None
    title = (
        rng.choice(("Ms", "Mrs", "Miss", "Dr") if female else ("Mr", "Mr", "Mr", "Dr")) if rng.random() < 0.95 else None
    )
    mis_id = world.new_mis_id()
    created = age_moment(world, rng, 700)
    return Contact(
        id=world.new_id(), mis_id=mis_id, upi=chance.upi(world.profile.id, world.mis, mis_id), title=title,
        surname=surname, forename=forename, gender=("FEMALE" if female else "MALE") if rng.random() < 0.5 else None,
        date_of_birth=date(1984, 1, 1) + timedelta(days=rng.randint(-5000, 4000)) if rng.random() < 0.1 else None,
        middle_names=rng.choice(names.MIDDLE_NAMES) if rng.random() < 0.2 else None,
        emails=email_slots(rng, address), home=home if rng.random() < 0.97 else None,
        phones=NO_PHONES | {"phone": mobile, "primary": mobile, "mobile": mobile},
        salutation=f"{title} {surname}" if title else None,
        created_at=created, updated_at=max(created, age_moment(world, rng, 90)),
    )  # fmt: skip


def make_household(world, rng, surname, pools):
    """The adults of a family and how each is linked to its children: [(contact, link fields)]."""
    adults = rng.choices([adults for _, adults in HOUSEHOLDS], [weight for weight, _ in HOUSEHOLDS])[0]
    home = make_home(world, rng)
    made = []
    for relationship, female, responsible, priority, lives in adults:
        name = surname
        if (lives is False or relationship == "Step-father") and rng.random() < 0.5:
            name = names.family(rng)[0]
        contact = make_contact(world, rng, name, pools, female, home if lives is not False else make_home(world, rng))
        billed = priority == 1 and world.profile.phase == "independent"
        bill_payer = True if billed else False if rng.random() < 0.02 else None
        fields = (relationship, responsible, priority, lives, bill_payer, bill_payer, None)
        made.append((contact, fields))
    if len(made) > 1 and rng.random() < 0.06:  # one address used by both
        made[1][0].emails = made[0][0].emails
    return made


def make_families(world, rng, year_codes):
    """Students for every entry of `year_codes`, in families of one to three, with their contacts, in the world's
    tables.
    """
    waiting = list(year_codes)
    rng.shuffle(waiting)
    while waiting:
        children = min(len(waiting), rng.choices((1, 2, 3), (78, 19, 3))[0])
        surname, *pools = names.family(rng)
        household = make_household(world, rng, surname, pools)
        for contact, _ in household:
            world.add("contacts", contact)
        for _ in range(children):
            student = make_student(world, rng, surname, pools, waiting.pop())
            student.links = [Link(contact.id, *fields) for contact, fields in household]
            student.home = household[0][0].home
            world.add("students", student)


def plant_rarities(world, rng):
    """What chance might leave out, even of a larger school: extreme names, namesakes, shared addresses."""
    students = list(world.students.values())
    if len(students) < 60:
        return
    odd = rng.sample(students, 10)
    odd[0].surname = odd[0].legal_surname = names.ONE_LETTER_SURNAME
    odd[1].forename = odd[1].legal_forename = names.ONE_LETTER_FORENAME
    odd[2].surname = odd[2].legal_surname = names.FIFTY_LETTER_SURNAME
    odd[3].forename = odd[3].legal_forename = names.FIFTY_LETTER_FORENAME
    first, second = next(
        (a, b)
        for a in (odd[4], odd[5])
        for b in students
        if a.year == b.year and b.id not in {row.id for row in odd} and a.links[0].contact != b.links[0].contact
    )
    second.forename, second.surname = first.forename, first.surname
    second.legal_forename, second.legal_surname = first.legal_forename, first.legal_surname
    contacts = [contact for contact in world.contacts.values() if contact.emails["email"]]
    contacts[0].emails = contacts[-1].emails  # strangers with the same address: somebody's slip
    contacts[1].emails = {"email": world_office(world), "primary": None, "home": None, "work": None}
    odd[5].links[0].court_order = True
    odd[6].forename = odd[6].legal_forename = None
    odd[7].upi = odd[7].date_of_birth = odd[7].admission_date = None
    odd[8].current_nc_year = None
    odd[9].surname = odd[9].legal_surname = None
    odd[0].gender, odd[1].gender, odd[2].gender = "N/A", "male", "Not specified"
    odd[3].date_of_birth = date(1900, 1, 1)  # how some MISs write "nothing"
    contacts[2].surname = None


def world_office(world):
    """The school's own office address."""
    return f"office@{names.email_part(world.profile.name)}.example"
