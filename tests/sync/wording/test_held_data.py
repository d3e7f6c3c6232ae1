"""The page "What we hold" is whole: every table that has a row about somebody stands on it, or is said not to."""

from django.apps import apps

from sync.facts.kinds import KINDS
from sync.wording.held_data import OURS

APPS = ("schools", "students", "classes", "parents", "sync")
ABOUT_NOBODY = {  # settings of a school, numbers, work of the installation
    "schools.Agreement", "schools.School", "schools.LastRead", "schools.SchoolGroup", "schools.SupportRight",
    "schools.ApiToken", "schools.ApiRead", "classes.ImportDraft", "classes.RequestedClass",
    "parents.MailSettings", "parents.MailHold",
    "sync.SyncSettings", "sync.PermissionState", "sync.PermissionChange", "sync.Need", "sync.AskedSync",
    "sync.RecurringWork", "sync.AccessList", "sync.Hook", "sync.StandingCheck", "sync.AnnouncedMove",
}  # fmt: skip


def test_every_table_of_ours_stands_on_the_page_or_is_about_nobody():
    mirrored = {kind.table for kind in KINDS.values()}
    models = {
        model._meta.label
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model._meta.db_table not in mirrored
    }
    told = {table for things in OURS.values() for held in things for table in held.tables}

    assert models - ABOUT_NOBODY - told == set()
    assert told - models == set()
