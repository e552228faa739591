"""The embedded PostgreSQL and Redis: found, shared, and stopped when nobody uses them, whatever happens."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import Home

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("embedded")]
User = subprocess.Popen[str]


def urls(user: User) -> tuple[str, str]:
    """Wait until a user has its services, and give their addresses."""
    assert user.stdout is not None
    database_url, redis_url = user.stdout.readline().split()
    return database_url, redis_url


def leave(user: User) -> int:
    """Let a user end as a command does."""
    assert user.stdin is not None
    user.stdin.close()
    return user.wait(60)


def service_processes(home: Home) -> list[psutil.Process]:
    """Find every process whose command line names the home: the keeper and the two services."""
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if (
            process.pid != os.getpid()
            and "-c" not in command[1:2]
            and any(str(home.path) in part for part in command)
        ):
            found.append(process)
    return found


def wait_until_stopped(home: Home, seconds: float = 15) -> None:
    """Wait until nothing of the home runs."""
    deadline = time.monotonic() + seconds
    while left := service_processes(home):
        assert time.monotonic() < deadline, f"still running: {left}\n{home.log.read_text()}"
        time.sleep(0.05)


def select_one(database_url: str) -> object:
    """Ask the database for something."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT 1").fetchone()
    return row[0] if row else None


def test_the_last_user_stops_them_and_an_earlier_one_does_not(
    home: Home, use_services: Callable[..., User]
) -> None:
    first = use_services()
    found = urls(first)
    second = use_services()
    assert urls(second) == found
    assert leave(first) == 0
    assert select_one(found[0]) == 1
    assert leave(second) == 0
    assert service_processes(home) == []


def test_several_that_start_at_once_share_one_set(home: Home, use_services: Callable[..., User]) -> None:
    users = [use_services() for _ in range(5)]
    assert len({urls(user) for user in users}) == 1
    assert len([p for p in service_processes(home) if "config.embedded.keeper" in p.cmdline()]) == 1
    assert [leave(user) for user in users] == [0] * 5
    assert service_processes(home) == []


def test_a_user_that_is_killed_leaves_nothing_running(home: Home, use_services: Callable[..., User]) -> None:
    user = use_services()
    urls(user)
    user.kill()
    wait_until_stopped(home)


def test_a_killed_user_does_not_stop_them_for_another(home: Home, use_services: Callable[..., User]) -> None:
    first, second = use_services(), use_services()
    found = urls(first)
    urls(second)
    first.kill()
    first.wait()
    time.sleep(1)
    assert select_one(found[0]) == 1
    assert leave(second) == 0
    assert service_processes(home) == []


def test_ctrl_c_ends_the_user_and_stops_the_database_cleanly(
    home: Home, use_services: Callable[..., User]
) -> None:
    user = use_services()
    database_url, _ = urls(user)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    home.log.write_text("")
    os.killpg(user.pid, signal.SIGINT)
    user.wait(60)
    wait_until_stopped(home)
    assert "database system is shut down" in home.log.read_text()
    again = use_services()
    with psycopg.connect(urls(again)[0]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    leave(again)


def test_what_a_killed_keeper_left_is_taken_over(
    home: Home, use_services: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")  # ps shortens what it shows to this
    first = use_services()
    urls(first)
    keeper = next(p for p in service_processes(home) if "config.embedded.keeper" in p.cmdline())
    keeper.kill()
    while keeper.is_running() and keeper.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)
    second = use_services()
    assert select_one(urls(second)[0]) == 1
    leave(first)
    leave(second)
    wait_until_stopped(home)


def test_a_redis_that_died_is_started_again(home: Home, use_services: Callable[..., User]) -> None:
    user = use_services()
    urls(user)
    died = next(p for p in service_processes(home) if "redis-server" in p.cmdline()[0])
    died.kill()
    deadline = time.monotonic() + 10
    while not [p for p in service_processes(home) if "redis-server" in p.cmdline()[0] and p.pid != died.pid]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert leave(user) == 0
    assert service_processes(home) == []


def test_a_home_whose_path_is_too_long_for_a_socket_works(
    tmp_path: Path, use_services: Callable[..., User]
) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    home = Home.at(deep)
    user = use_services(home)
    database_url, redis_url = urls(user)
    assert str(deep) not in database_url + redis_url
    assert select_one(database_url) == 1
    assert leave(user) == 0
    wait_until_stopped(home)


def test_only_the_owner_may_enter_the_socket_folders(home: Home, use_services: Callable[..., User]) -> None:
    user = use_services()
    urls(user)
    modes = {name: (home.path / "run" / name).stat().st_mode & 0o777 for name in ("postgres", "redis")}
    assert modes == {"postgres": 0o700, "redis": 0o700}
    leave(user)


def test_a_power_cut_leaves_a_database_that_starts_again(
    home: Home, use_services: Callable[..., User]
) -> None:
    user = use_services()
    database_url, _ = urls(user)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE survived (n int)")
        connection.execute("INSERT INTO survived VALUES (7)")
    for process in service_processes(home):
        process.kill()
    user.kill()
    wait_until_stopped(home)
    # The number that the server had is by now another program's: this test's.
    left = home.postgres_data / "postmaster.pid"
    lines = left.read_text().splitlines()
    left.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = use_services()
    with psycopg.connect(urls(again)[0]) as connection:
        assert connection.execute("SELECT n FROM survived").fetchone() == (7,)
    assert leave(again) == 0
