"""How asynchronous code here reaches the database: connections of its own, with the settings of Django's.

Django's connections belong to threads, and an event loop must never wait in one. Statements belong to their
users.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

#: Options that only Django understands.
_DJANGO_ONLY = frozenset({"assume_role", "isolation_level", "pool", "server_side_binding"})


def connection_parameters(*, application_name: str, options: str = "") -> dict[str, Any]:
    """Parameters for psycopg. ``options`` are further settings of the session, ``-c name=value``."""
    given = connections["default"].settings_dict
    parameters = {name: value for name, value in given["OPTIONS"].items() if name not in _DJANGO_ONLY}
    for name, key in (
        ("dbname", "NAME"),
        ("user", "USER"),
        ("password", "PASSWORD"),
        ("host", "HOST"),
        ("port", "PORT"),
    ):
        if given[key]:
            parameters[name] = given[key]
    parameters["options"] = f"{parameters.get('options', '')} {options}".strip()
    parameters["application_name"] = application_name
    return parameters
