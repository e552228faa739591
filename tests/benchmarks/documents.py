"""How figures are told: what was to be reached, and tables. What is in them belongs to each benchmark."""

import datetime as dt
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Something that has to be reached, and whether it is."""

    what: str
    found: str
    is_reached: bool


def written_by(command: str) -> str:
    """Say by which command a document was written, and when."""
    arguments = shlex.join(sys.argv[1:])
    whole = command + (f" ARGS={shlex.quote(arguments)}" if arguments else "")
    return f"Written by `{whole}`, {dt.datetime.now(dt.UTC).date().isoformat()}"


def in_rounds(rounds: int) -> str:
    """Say of how many rounds the medians are."""
    return "one round" if rounds == 1 else f"{rounds} rounds, taken in turns"


def target_table(targets: Sequence[Target]) -> str:
    """What has to be reached, and whether it is."""
    rows = [
        f"| {target.what} | {target.found} | {'yes' if target.is_reached else '**no**'} |"
        for target in targets
    ]
    return table("What has to be reached", ("", "found", "reached"), rows)


def table(title: str, head: Sequence[str], rows: Sequence[str]) -> str:
    """Make a table under a title; nothing where it has no rows."""
    if not rows:
        return ""
    lines = [f"## {title}\n"] if title else []
    lines += [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *rows]) + "\n"
