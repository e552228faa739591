"""`manage.py render_docs`: write the documents that are generated, or check that they are up to date."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.settings import environment
from orders import flow
from realtime import documentation
from realtime.reference import postman


class Command(BaseCommand):
    """Keeps generated documents equal to what they are generated from."""

    help = "Write the generated documents in docs/; with --check, fail where one is out of date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--check`."""
        parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Render all documents, and write or compare them."""
        stale = []
        for path, text in documents(Path(settings.BASE_DIR)).items():
            if path.exists() and path.read_text() == text:
                continue
            if options["check"]:
                stale.append(str(path.relative_to(settings.BASE_DIR)))
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                self.stdout.write(f"wrote {path.relative_to(settings.BASE_DIR)}")
        if stale:
            raise CommandError(f"out of date: {', '.join(stale)}; run `manage.py render_docs`")


def documents(base: Path) -> dict[Path, str]:
    """Give each generated document with the text that it should have."""
    return {
        base / "docs" / "settings.md": settings_document(),
        base / "docs" / "events.md": documentation.render(),
        base / "docs" / "orders.md": flow.page(),
        base / "docs" / "stockwire.postman_collection.json": postman.render(),
    }


def settings_document() -> str:
    """Render the table of environment variables."""
    lines = [
        "# Settings",
        "",
        "Stockwire is configured by environment variables alone. This page is generated from",
        "`config/settings/environment.py` by `manage.py render_docs`.",
        "",
        "Production (`DJANGO_SETTINGS_MODULE=config.settings.production`) refuses to start until all that it",
        "needs is set, and lists everything that is missing at once. Without that variable,",
        "`config.settings.local` holds.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for setting in environment.REGISTRY:
        marks = [
            text
            for text, holds in (
                ("required in production", setting.required_in_production),
                ("secret", setting.secret),
            )
            if holds
        ]
        note = f" *({', '.join(marks)})*" if marks else ""
        lines.append(f"| `{setting.name}` | {_shown(setting.default)} | {setting.meaning}{note} |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return "" if default in ("", ()) else f"`{default}`"
