"""What only real servers show: counts that processes share, the addresses that they see, Argon2 at work."""

import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest

from config.identity.services.attempts import PER_ACCOUNT_AND_ADDRESS
from tests.identity.visitors import ADA, PASSWORD
from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end


class Shop:
    """A server, and clients that a proxy in front of it forwards for."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    def ask(
        self, method: str, path: str, body: Any = None, *, address: str = "8.8.4.4", token: str = ""
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=20)
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"1.1.1.1, {address}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, json.loads(answer.read() or b"{}"), named
        finally:
            connection.close()

    def stored_password(self) -> str:
        code = "from config.identity.models import User; print(User.objects.get().password)"
        return self._server.manage("shell", "-c", code).stdout.splitlines()[-1]

    def login(self, password: str = PASSWORD, *, address: str = "8.8.4.4") -> int:
        body = {"email": ADA["email"], "password": password}
        return self.ask("POST", "/api/auth/login", body, address=address)[0]


@pytest.fixture(params=["web", "all"])
def shop(request: pytest.FixtureRequest, start_server: Callable[..., ServerProcess]) -> Shop:
    server = start_server(role=request.param)
    if request.param == "web":  # it waits for somebody else to migrate
        done = server.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
    return Shop(server)


def test_a_shop_signs_people_in_and_out_and_counts_who_guesses(shop: Shop) -> None:
    status, ada, headers = shop.ask("POST", "/api/auth/register", ADA)
    assert status == 201
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"stockwire_token={ada['token']}; ")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert shop.ask("GET", "/api/auth/me", token=ada["token"])[1] == ada["user"]
    assert shop.stored_password().startswith("argon2$argon2id$")
    # Whichever process is asked, it is the one count.
    guesses = [shop.login("wrong", address="8.8.8.8") for _ in range(PER_ACCOUNT_AND_ADDRESS + 4)]
    assert guesses == [401] * PER_ACCOUNT_AND_ADDRESS + [429] * 4
    assert shop.login(address="8.8.8.8") == 429
    assert shop.login() == 200
    assert shop.ask("POST", "/api/auth/logout", {"refreshToken": ada["refreshToken"]})[0] == 204
    # Each process knows it at once.
    for _ in range(6):
        status, body, _ = shop.ask("GET", "/api/auth/me", token=ada["token"])
        assert (status, body["code"]) == (401, "token_revoked")
