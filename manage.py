#!/usr/bin/env python
"""Command entry point: `python manage.py help` lists what there is."""

import logging
import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Rollbook cannot start: {error}")
    except Exception:
        logging.getLogger("manage").exception("The command failed.")  # told where every other error is
        sys.exit(1)


if __name__ == "__main__":
    main()
