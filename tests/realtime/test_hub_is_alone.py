"""The hub can be understood, and tested, without the rest of the house."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import realtime.hub

ALLOWED = ("realtime.hub", "realtime.records", "__future__")


def test_the_hub_imports_nothing_but_the_standard_library_and_records() -> None:
    for path in Path(realtime.hub.__file__ or "").parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                is_ours = name.startswith(ALLOWED)
                assert is_ours or name.partition(".")[0] in sys.stdlib_module_names, f"{path.name}: {name}"
