"""``manage.py revoke_api_key NAME``: the key is refused from now on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.identity.services import revoke_api_key
from config.kernel.errors import StockwireError


class Command(BaseCommand):
    help = "Revokes an API key, for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:  # noqa: ARG002  Django's signature
        try:
            record = revoke_api_key(name=name)
        except StockwireError as error:
            raise CommandError(error.message) from error
        self.stderr.write(f"{record.name} is revoked")
