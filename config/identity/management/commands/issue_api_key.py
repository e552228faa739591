"""``manage.py issue_api_key NAME --scope SCOPE…``: a key on stdout. It can't be shown again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.identity.models import Scope
from config.identity.services import issue_api_key
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError


class Command(BaseCommand):
    help = "Makes an API key and prints it, and nothing else. It can't be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--scope",
            dest="scopes",
            action="extend",
            nargs="+",
            required=True,
            choices=Scope.values,
            metavar="SCOPE",
            help=f"what it may do, one or several of {', '.join(Scope.values)}",
        )

    def handle(self, *args: Any, name: str, scopes: list[str], **options: Any) -> None:  # noqa: ARG002
        try:
            issued = issue_api_key(
                name=name, scopes=scopes, created_by=Actor(kind="command", source="command")
            )
        except StockwireError as error:
            raise CommandError(error.message) from error
        self.stdout.write(issued.secret)
