"""A migrated database that test databases are copied from: migrating takes seconds, copying a moment.

PostgreSQL copies the database itself (`TEST["TEMPLATE"]` in Django's settings). The template's name contains a hash of
every migration, so that servers which outlive a session never give an old one. The first to need it makes it, and the
others wait.
"""

import hashlib
import importlib.util
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection

LOCK = 6_201_128  # held while looking for the template or making it


def name_of_template() -> str:
    """A name made from the migrations of all apps: the same migrations, the same template."""
    said = hashlib.sha256()
    for app in apps.get_app_configs():
        module = importlib.util.find_spec(f"{app.name}.migrations")
        folders = module.submodule_search_locations if module else None
        for file in sorted(file for folder in folders or [] for file in Path(folder).glob("*.py")):
            said.update(f"{app.label} {file.name}\n".encode() + file.read_bytes())
    return f"migrated_{said.hexdigest()[:16]}"


def ensure_template() -> str:
    """The name of a migrated database, made if the server has none yet."""
    name = name_of_template()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            unfinished = f"{name}_unfinished"  # one left half-made is made again
            cursor.execute(f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{unfinished}"')
            _migrate(unfinished)
            cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


def _migrate(database: str) -> None:
    former = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = former
