"""The triggers behind the feed are in the database as the kinds declare them."""

import pytest
from django.core.management import call_command
from django.db import connection

from sync.facts.kinds import IN_API
from sync.models import triggers

pytestmark = pytest.mark.django_db


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_has_the_triggers_that_are_declared_and_no_others():
    assert triggers.installed() == triggers.declared()


def test_a_trigger_watches_what_the_api_shows_of_its_kind_and_whether_a_class_is_in():
    declared = triggers.declared()

    assert declared.keys() == {kind.table for kind in IN_API.values()} | {"schools_school"}
    assert declared["students_student"].endswith(
        "sync_tell('students', 'wonde_id', 'forename', 'surname', 'year_group')"
    )
    assert declared["classes_schoolclass"].endswith("'academic_year', 'status')")
    assert declared["classes_teaching"].endswith(
        "sync_tell('teachings', 'school_class_id', 'employee_id', 'main', 'joined_at', 'left_at')"
    )


def test_migrating_puts_right_a_trigger_that_is_missing_watches_too_little_or_is_not_declared():
    execute("DROP TRIGGER sync_tell ON schools_employee")
    execute(
        "CREATE OR REPLACE TRIGGER sync_tell AFTER UPDATE ON students_student FOR EACH ROW "
        "EXECUTE FUNCTION sync_tell('students', 'forename')"
    )
    execute(
        "CREATE TRIGGER sync_tell AFTER UPDATE ON parents_contact FOR EACH ROW "
        "EXECUTE FUNCTION sync_tell('contacts', 'email')"
    )

    call_command("migrate", verbosity=0)

    assert triggers.installed() == triggers.declared()
