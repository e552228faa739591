"""``manage.py issue_token EMAIL``: a token on stdout, for scripts and for trying things out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.identity.errors import UnknownUser
from config.identity.models import Role
from config.identity.services import create_user, find_user
from config.identity.tokens import issue_token
from config.kernel.errors import StockwireError


class Command(BaseCommand):
    help = "Prints a JSON Web Token of a user, and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--create", action="store_true", help="make the user if there is none")
        parser.add_argument(
            "--role",
            choices=Role.values,
            help=f"the role of a user that is made; {Role.CUSTOMER.value} without it",
        )

    def handle(self, *args: Any, email: str, create: bool, role: str | None, **options: Any) -> None:  # noqa: ARG002
        if role and not create:
            raise CommandError("--role is for --create; roles of users are changed in the admin")
        try:
            user = find_user(email=email)
        except UnknownUser as error:
            if not create:
                raise CommandError(f"{error.message} (--create makes one)") from error
            try:
                user = create_user(email=email, password=None, role=Role(role or Role.CUSTOMER))
            except StockwireError as refusal:
                raise CommandError(refusal.message) from refusal
        if role and user.role != role:
            raise CommandError(f"{user.email} is there already, in the role {user.role}")
        if not user.is_active:
            raise CommandError(f"{user.email} is not active")
        self.stdout.write(issue_token(user=user))
