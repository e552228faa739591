"""`manage.py serve` as a real process: it starts, answers, refuses what it must, and ends cleanly."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from config.embedded import Home
from tests.server_process import ServerProcess, free_port

pytestmark = pytest.mark.end_to_end
StartServer = Callable[..., ServerProcess]


def get(server: ServerProcess, path: str, **headers: str) -> tuple[int, str]:
    """Ask a server; give the status and the body."""
    request = urllib.request.Request(server.base_url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def ready(server: ServerProcess) -> tuple[int, dict[str, str]]:
    """Ask whether it is ready."""
    status, body = get(server, "/api/ready")
    return status, json.loads(body)


def wait_until_ready(server: ServerProcess, seconds: float = 30) -> None:
    """Wait for 200."""
    deadline = time.monotonic() + seconds
    while ready(server)[0] != 200:
        assert time.monotonic() < deadline, ready(server)
        time.sleep(0.1)


@pytest.fixture
def idle_connection() -> Iterator[Callable[[ServerProcess, bytes], socket.socket]]:
    """Give a function that opens a connection, sends some bytes and leaves it open."""
    opened: list[socket.socket] = []

    def connect(server: ServerProcess, sent: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        connection.sendall(sent)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


def test_everything_in_one_process_is_ready_and_says_where(live_server_process: ServerProcess) -> None:
    server = live_server_process
    assert ready(server) == (
        200,
        {"status": "ok", "database": "ok", "redis": "ok", "migrations": "ok", "worker": "ok"},
    )
    status, body = get(server, "/api/health")
    assert (status, json.loads(body)) == (200, {"message": "Backend is running", "status": "ok"})
    assert server.base_url in server.output()
    assert get(server, "/admin/login/")[0] == 200
    assert get(server, "/static/admin/css/base.css")[0] == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_with_connections_open(
    live_server_process: ServerProcess,
    idle_connection: Callable[[ServerProcess, bytes], socket.socket],
    how: signal.Signals,
) -> None:
    server = live_server_process
    upgrade = (
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    listeners = [idle_connection(server, upgrade) for _ in range(20)]
    assert all(b"101 Switching Protocols" in listener.recv(4096) for listener in listeners)
    idle_connection(server, b"")
    idle_connection(server, b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").recv(4096)
    idle_connection(server, b"POST /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\nhalf")
    began = time.monotonic()
    assert server.end(how) == 0, server.output()
    assert time.monotonic() - began < 20
    assert "Traceback" not in server.output()


def test_a_taken_port_is_one_line_and_exit_code_1(start_server: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = ServerProcess(database_url=os.environ["DATABASE_URL"], port=port)
        server.launch()
        assert server.process is not None
        assert server.process.wait(30) == 1
    said = server.output().strip().splitlines()
    assert len(said) == 1
    assert f"127.0.0.1:{port}" in said[0]
    server.close()


def test_open_writes_are_refused_where_others_can_reach_it() -> None:
    server = ServerProcess(
        database_url=os.environ["DATABASE_URL"], env={"STOCKWIRE_OPEN_WRITES": "1", "HOST": "0.0.0.0"}
    )
    server.launch()
    assert server.process is not None
    assert server.process.wait(30) == 1
    assert "loopback" in server.output()
    server.close()


def test_open_writes_are_announced(start_server: StartServer) -> None:
    server = start_server(env={"STOCKWIRE_OPEN_WRITES": "1"})
    assert "anyone on this machine may write" in server.output()


def test_another_name_for_loopback_is_not_answered(live_server_process: ServerProcess) -> None:
    assert get(live_server_process, "/api/schema", Host="evil.example")[0] == 400


def test_the_first_start_makes_accounts_and_each_start_prints_them(
    start_server: StartServer, own_home: Home
) -> None:
    env = {"DEMO": "1", "STOCKWIRE_HOME": str(own_home.path)}
    first = start_server(env=env)
    kept = own_home.path / "demo_accounts.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    accounts = json.loads(kept.read_text())
    assert [account["role"] for account in accounts] == ["admin", "customer", "tailor", "delivery"]
    assert len({account["password"] for account in accounts}) == 4
    with psycopg.connect(first.database_url) as connection:
        names = connection.execute("SELECT role, name FROM identity_user").fetchall()
    assert all(dict(names)[account["role"]] for account in accounts), "in a chat they would have no name"
    printed = first.output()
    assert f"{first.base_url}/admin/, the others in the shop." in printed
    first.end()
    again = start_server(env=env, database_url=first.database_url).output()
    for account in accounts:
        assert printed.count(account["password"]) == again.count(account["password"]) == 1
    elsewhere = start_server(env={**env, "DEMO": "0"}).output()
    assert not [account for account in accounts if account["password"] in elsewhere]


def test_web_live_and_worker_apart_make_one_shop(start_server: StartServer) -> None:
    first = start_server()
    shared = {"STOCKWIRE_REDIS_PREFIX": first.env["STOCKWIRE_REDIS_PREFIX"]}
    assert first.end() == 0
    web = start_server(role="web", database_url=first.database_url, env=shared)
    live = start_server(role="live", database_url=first.database_url, env=shared)
    assert ready(web)[1]["worker"] == "no worker is running"
    worker = start_server(role="worker", database_url=first.database_url, env=shared)
    for server in (web, live):
        wait_until_ready(server)
    assert [server.end() for server in (web, live, worker)] == [0, 0, 0]


def test_two_that_start_at_once_migrate_once(fresh_database: Callable[..., str]) -> None:
    url = fresh_database(empty=True)
    servers = [ServerProcess(database_url=url) for _ in range(2)]
    for server in servers:
        server.launch()
    try:
        for server in servers:
            server.wait_until_ready()
    finally:
        for server in servers:
            server.close()


def test_it_recovers_when_the_database_was_away(live_server_process: ServerProcess) -> None:
    server = live_server_process
    name = server.database_url.split("?")[0].rsplit("/", 1)[1]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        status, said = ready(server)
        assert (status, said["database"], said["redis"]) == (503, "unreachable", "ok")
        assert get(server, "/api/health")[0] == 200
        time.sleep(2)
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))
    wait_until_ready(server)
    assert server.end() == 0


def test_it_is_not_ready_without_redis_and_says_so(start_server: StartServer) -> None:
    server = ServerProcess(
        database_url=os.environ["DATABASE_URL"], redis_url=f"redis://127.0.0.1:{free_port()}/0"
    )
    server.launch()
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                status, said = ready(server)
                break
            except OSError:
                assert time.monotonic() < deadline, server.output()
                time.sleep(0.1)
        assert (status, said["redis"], said["database"]) == (503, "unreachable", "ok")
        assert get(server, "/api/health")[0] == 200
    finally:
        server.close()
