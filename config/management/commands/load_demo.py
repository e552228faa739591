"""`manage.py load_demo`: the demo shop, for trying it out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.demo.loading import PRODUCTS, load_demo_shop
from config.kernel.actors import Actor


class Command(BaseCommand):
    """Fills an empty catalog."""

    help = (
        "Load the demo shop into an empty catalog (--force: beside what is there). Again it changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether it may stand beside other products."""
        parser.add_argument("--force", action="store_true", help="also where there are products already")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, and say what was done."""
        actor = Actor(kind="command", id="load_demo", source="command")
        made = load_demo_shop(actor=actor, beside=options["force"])
        if options["verbosity"] == 0:
            return
        if made:
            self.stdout.write(f"The demo shop has {made} new products.")
        else:
            self.stdout.write(
                f"Nothing to do: there are products already ({len(PRODUCTS)} belong to the demo)."
            )
