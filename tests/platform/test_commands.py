"""What a command says on a database that nobody has made tables in."""

from collections.abc import Callable

import pytest

from tests.platform.conftest import bare_environment, run_manage


@pytest.mark.parametrize(
    "command",
    [["verify_stock"], ["issue_token", "boss@example.com", "--create"], ["explain_stock", "SKU-1"]],
)
def test_a_command_on_a_shop_without_tables_says_so_in_a_sentence(
    command: list[str], fresh_database: Callable[..., str]
) -> None:
    env = {**bare_environment(), "DATABASE_URL": fresh_database(empty=True), "REDIS_URL": ""}
    done = run_manage(*command, env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("error: This shop has no tables yet: `manage.py migrate` makes them")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_the_traceback_is_there_for_who_asks(fresh_database: Callable[..., str]) -> None:
    env = {**bare_environment(), "DATABASE_URL": fresh_database(empty=True), "REDIS_URL": ""}
    assert "Traceback" in run_manage("verify_stock", "--traceback", env=env).stderr
