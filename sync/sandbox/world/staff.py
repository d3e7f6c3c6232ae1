"""Employees: teachers, support staff, and people who have left but are still listed."""

from __future__ import annotations

from datetime import date, timedelta

from sync.sandbox.world import chance, names
from sync.sandbox.world.people import NO_EMAILS, NO_PHONES, age_moment
from sync.sandbox.world.records import Employee

WOMENS_TITLES, MENS_TITLES = ("Ms", "Mrs", "Miss", "Mx"), ("Mr", "Mr", "Dr")
SUPPORT_ROLES = ("Teaching Assistant", "Cover Supervisor", "Site Manager", "Data Manager", "Midday Supervisor", None)


def make_employee(world, rng, role_text, teaching=True):
    """An employee with a work address at the school, not in any table yet."""
    surname, *pools = names.family(rng)
    female = rng.random() < 0.64
    forename = names.forename(rng, pools, female)
    mis_id = world.new_mis_id()
    local = names.email_part(forename)[0] + names.email_part(surname)[:20]
    taken = {employee.emails["work"] for employee in world.employees.values()}
    address = f"{local}@{names.email_part(world.profile.name)}.example"
    if address in taken:
        address = address.replace("@", f"{len(taken)}@")
    started = date(world.academic_year - rng.randint(0, 14), 9, 1)
    # All employees of one recorded school were updated within two seconds of the previous night.
    updated = world.now - timedelta(days=1, seconds=rng.randint(0, 1))
    return Employee(
        id=world.new_id(), mis_id=mis_id, upi=chance.upi(world.profile.id, world.mis, mis_id),
        title=rng.choice(WOMENS_TITLES if female else MENS_TITLES) if rng.random() < 0.97 else None,
        surname=surname, forename=forename, legal_surname=surname, legal_forename=forename,
        middle_names=rng.choice(names.MIDDLE_NAMES) if rng.random() < 0.4 else None,
        gender=("female" if female else "male") if rng.random() < 0.9 else None,
        date_of_birth=date(world.academic_year - rng.randint(24, 62), rng.randint(1, 12), rng.randint(1, 28)),
        emails={"email": address, "primary": None, "home": None, "work": address} if rng.random() < 0.95 else NO_EMAILS,
        phones=NO_PHONES, current=True, teaching_staff=teaching, employment_start_date=started, role_text=role_text,
        created_at=min(age_moment(world, rng, 900), updated), updated_at=updated,
    )  # fmt: skip


def make_staff(world, rng, teachers, subjects):
    """Teachers by subject (a dict subject name -> [Employee]), with support staff and former staff, into the world's
    tables.

    subjects: [(name, share of the teachers)]
    """
    by_subject = {}
    for name, share in subjects:
        count = max(1, round(teachers * share))
        by_subject[name] = [
            world.add("employees", make_employee(world, rng, f"Teacher of {name}")) for _ in range(count)
        ]
    for position in range(max(2, teachers // 2)):
        role = SUPPORT_ROLES[position % len(SUPPORT_ROLES)]
        world.add("employees", make_employee(world, rng, role, teaching=False))
    for _ in range(max(2, teachers // 10)):
        former = world.add("employees", make_employee(world, rng, "Teacher"))
        former.current = False
        former.employment_end_date = date(world.academic_year, 7, 1) + timedelta(days=rng.randint(0, 50))
        former.employment_start_date = min(former.employment_start_date, date(world.academic_year - 1, 9, 1))
    everyone = list(world.employees.values())
    everyone[0].emails = NO_EMAILS  # in the first subject: a teacher who cannot be invited
    everyone[-len(everyone) // 3].current = None
    everyone[-len(everyone) // 4].employment_start_date = None
    everyone[-len(everyone) // 5].teaching_staff = None
    everyone[-1].title = everyone[-1].surname = everyone[-1].legal_surname = everyone[-1].date_of_birth = None
    everyone[-2].forename = everyone[-2].legal_forename = None
    return by_subject
