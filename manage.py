#!/usr/bin/env python
"""The one door to every command. With local settings it first finds or starts the services that are not
given.

Nothing else belongs here: commands live in the apps' `management/commands`.
"""

import os
import sys


def main() -> None:
    """Provide the embedded services where they are wanted, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    if os.environ["DJANGO_SETTINGS_MODULE"] == "config.settings.local":
        from config import embedded

        try:
            embedded.provide()
        except embedded.ServiceError as error:
            sys.exit(f"error: {error}")

    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    try:
        # Now, and for every command: Django would go on with some of them, or show a traceback.
        settings.INSTALLED_APPS  # noqa: B018  loads the settings
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")
    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError:
        if "--traceback" in sys.argv or _has_tables():
            raise
        sys.exit(
            "error: This shop has no tables yet: `manage.py migrate` makes them, and so does `make run`."
        )


def _has_tables() -> bool:
    from django.db import connection

    return "django_migrations" in connection.introspection.table_names()


if __name__ == "__main__":
    main()
