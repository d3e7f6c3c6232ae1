"""What a school's MIS holds, as plain records. How they look on the wire is in `shapes`.

Moments are aware UTC datetimes, days are dates. Records refer to each other by Wonde id.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class Row(msgspec.Struct, kw_only=True):
    """What every record has. `mis_id` is a string, whatever the MIS uses."""

    id: str
    mis_id: str
    created_at: datetime
    updated_at: datetime
    restored_at: datetime | None = None


class Home(msgspec.Struct):
    """An address. Relatives under one roof share one object."""

    house_number: str | None
    house_name: str | None
    street: str
    town: str
    postcode: str


class Person(Row, kw_only=True):
    upi: str
    title: str | None = None
    surname: str | None
    forename: str | None
    middle_names: str | None = None
    legal_surname: str | None = None
    legal_forename: str | None = None
    gender: str | None = None
    date_of_birth: date | None = None
    emails: dict[str, str | None] = {}
    phones: dict[str, str | None] = {}
    home: Home | None = None
    salutation: str | None = None


class Link(msgspec.Struct):
    """One contact of one student: Wonde's `relationship`."""

    contact: str
    relationship: str | None = None
    parental_responsibility: bool | None = None
    priority: int | None = None
    lives_with_pupil: bool | None = None
    bill_payer: bool | None = None
    email_bills: bool | None = None
    court_order: bool | None = None


class Student(Person, kw_only=True):
    """On roll, leaver or pre-admission: the table they are in says which of the three."""

    year: str  # which of the school's groups; `current_nc_year` is what the MIS states
    current_nc_year: str | None = None
    upn: str | None = None
    admission_number: str | None = None
    admission_date: date | None = None
    leaving_date: date | str | None = None  # text: a date that is not a date
    part_time: bool | None = False
    links: list[Link] = []


class Contact(Person, kw_only=True):
    pass


class Employee(Person, kw_only=True):
    current: bool | None = True
    teaching_staff: bool | None = True
    employment_start_date: date | None = None
    employment_end_date: date | None = None
    role_text: str | None = None


class Subject(Row, kw_only=True):
    code: str | None
    name: str | None
    active: bool | None = True


class Teaching(msgspec.Struct):
    """A teacher of a class. Wonde's pivot `meta` says whether as main teacher."""

    employee: str
    main: bool = True


class SchoolClass(Row, kw_only=True):
    name: str
    code: str | None = None
    subject: str | None = None
    year: str | None = None  # code of the year group; on the wire only if the MIS states it
    academic_year: int | None = None  # the calendar year in which it began; likewise
    students: list[str] = []
    teachers: list[Teaching] = []
    slots: list[tuple[str, str | None]] = []  # (period id, room id): one lesson a week each


class Lesson(Row, kw_only=True):
    """Made from a class's slots when asked for; `school_class` is only in includes, not on the wire itself."""

    school_class: str
    period: str | None
    room: str | None
    employee: str | None
    period_instance_id: str
    start_at: datetime
    end_at: datetime


class Group(Row, kw_only=True):
    name: str
    code: str | None
    type: str
    description: str | None = None
    students: list[str] = []
    employees: list[str] = []


class Period(Row, kw_only=True):
    name: str
    day: int  # 0 is Monday
    start_time: str
    end_time: str


class Room(Row, kw_only=True):
    name: str
    code: str | None


class Deletion(msgspec.Struct):
    id: str
    mis_id: str
    type: str
    deleted_at: datetime
    restored_at: datetime | None = None
