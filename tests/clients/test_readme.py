"""The README's ten lines of JavaScript, word by word, while something is sold."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.clients.node_client import NEWEST
from tests.clients.shop import Shop
from tests.server_process import ROOT, ServerProcess

_SCRIPT = re.compile(r"```js\n(.*?)```", re.DOTALL)
_ADDRESS = "http://127.0.0.1:8000"


async def test_the_script_of_the_readme_prints_sales_as_they_happen(
    server: ServerProcess, shop: Shop, packages: Path, tmp_path: Path
) -> None:
    """Only the address is another one than there."""
    (script,) = _SCRIPT.findall((ROOT / "README.md").read_text())
    assert _ADDRESS in script
    assert len(script.splitlines()) <= 10
    (tmp_path / "node_modules").mkdir()
    newest = packages / "node_modules" / f"socket.io-client-{NEWEST}"
    (tmp_path / "node_modules" / "socket.io-client").symlink_to(newest)
    file = tmp_path / "listen.mjs"
    file.write_text(script.replace(_ADDRESS, server.base_url))
    product = await shop.make_shirt({("M", "Red"): 10})
    process = await asyncio.create_subprocess_exec("node", str(file), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            assert (await process.stdout.readline()).decode().strip() == "connected"
            await shop.sell(product, 2, size="M", color="Red")
            line = (await process.stdout.readline()).decode().strip()
        assert line == f"{product} M / Red has 8 left"
    finally:
        process.kill()
        await process.wait()
