"""The commands of docs/first-steps.md, word by word, in the demo shop."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.inventory.test_replay import HEADER, ROWS
from tests.server_process import ROOT, ServerProcess

_SCRIPTS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_ADDRESS = "http://127.0.0.1:8000"
_PYTHON = ".venv/bin/python"
#: What the page asks of curl, for a machine that has none: it fails as `curl --fail` would.
_CURL = """#!{python}
import argparse, sys, urllib.request
parser = argparse.ArgumentParser()
parser.add_argument("-X", default="GET")
parser.add_argument("-H", action="append", default=[])
parser.add_argument("-d")
parser.add_argument("url")
given = parser.parse_args()
headers = dict(line.split(": ", 1) for line in given.H)
body = given.d.encode() if given.d else None
request = urllib.request.Request(given.url, body, headers, method=given.X)
sys.stdout.write(urllib.request.urlopen(request, timeout=20).read().decode())
"""
_SHOP = """Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price
lamp,A lamp,Colour,Red,LAMP-RED,3,40.00
"""


def test_every_command_of_the_first_steps_does_what_it_says(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """Only the address, Python's place and the two files are others than there."""
    server = start_server(env={"DEMO": "1", "STOCKWIRE_HOME": str(tmp_path / "home")})
    curl = tmp_path / "curl"
    curl.write_text(_CURL.format(python=sys.executable))
    curl.chmod(0o755)
    shop, sales = tmp_path / "shop.csv", tmp_path / "sales.csv"
    shop.write_text(_SHOP)
    sales.write_text(HEADER + ROWS)
    script = "\n".join(_SCRIPTS.findall((ROOT / "docs/first-steps.md").read_text()))
    for there, here in (
        (_ADDRESS, server.base_url),
        (_PYTHON, sys.executable),
        ("shop.csv", str(shop)),
        ("sales.csv.gz", str(sales)),
        ("curl ", f"{curl} "),
    ):
        assert there in script
        script = script.replace(there, here)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=ROOT, env={**os.environ, **server.env}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"success":true' in done.stdout.replace(" ", "")
    for said in ("SH-RUN-TIDE-40-BLUE", "The ledger holds: "):
        assert said in done.stdout, done.stdout
