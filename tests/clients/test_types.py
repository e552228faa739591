"""The browser client's types, read by the real compiler."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.clients.packages import install

CLIENT = Path(__file__).resolve().parents[2] / "realtime/static/stockwire"


def test_the_types_compile_and_refuse_what_is_wrong() -> None:
    node = install()
    done = subprocess.run(
        ["node_modules/.bin/tsc", "--project", "types"],
        cwd=node,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_types_have_every_option_and_member_of_the_client() -> None:
    code, types = (CLIENT / "client.js").read_text(), (CLIENT / "client.d.ts").read_text()
    constructor = code.partition("constructor({")[2].partition("} = {})")[0]
    options = set(re.findall(r"^    (\w+)(?: =|,)", constructor, re.MULTILINE))
    declared = types.partition("interface LiveClientOptions {")[2].partition("\n}")[0]
    assert set(re.findall(r"^  (\w+)\?:", declared, re.MULTILINE)) == options
    methods = set(
        re.findall(r"^  (?:get )?([a-z]\w*)\([^)]*\) {$", code.partition("class RecentIds")[0], re.MULTILINE)
    )
    methods |= set(re.findall(r"^  get (\w+)\(\)", code, re.MULTILINE))
    members = types.partition("class LiveClient {")[2]
    typed = set(re.findall(r"^  (?:readonly )?(\w+)[(:]", members, re.MULTILINE))
    assert typed - {"constructor"} == methods - {"constructor"}
