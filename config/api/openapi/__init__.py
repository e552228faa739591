"""The REST document: each app says in a table what its operations take and give (`<app>/api/schema.py`).

Bodies are read off the serializers that judge them, who may off the permission classes, and answers off
`TypedDict`s (`<app>/api/shapes.py`), which a test holds against real answers. Belongs here: how a table
becomes OpenAPI. Does not belong here: any operation, any shape of an app.
"""

from __future__ import annotations

from config.api.openapi.operations import Operation, Query, Table

__all__ = ["Operation", "Query", "Table"]
