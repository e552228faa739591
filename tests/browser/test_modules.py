"""The page's modules without a browser: `unit/*.test.mjs`, run by the Node that Playwright brings along."""

import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

FILES = sorted((Path(__file__).parent / "unit").glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_modules_own_tests_pass(file: Path) -> None:
    node, _driver = compute_driver_executable()
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0\n" not in done.stdout
