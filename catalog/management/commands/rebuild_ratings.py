"""``manage.py rebuild_ratings``: does every product's rating follow from its reviews?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from catalog.services import rebuild_ratings
from config.kernel.actors import Actor

_ACTOR = Actor(kind="command", id="rebuild_ratings", source="command")


class Command(BaseCommand):
    help = "Count every product's rating anew from its approved reviews. A second time it changes nothing."

    def handle(self, **_options: Any) -> None:
        wrong = rebuild_ratings(actor=_ACTOR)
        self.stdout.write(
            f"{wrong} ratings were wrong, and are right now." if wrong else "Every rating is right."
        )
