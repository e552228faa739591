"""Two real processes, one of which is killed: staff at the other hear of its users once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end

MAKE_PEOPLE = """
from config.identity.services import create_user
from config.identity.tokens import issue_token
for role in ("admin", "customer"):
    user = create_user(email=f"{role}@example.com", password=None, role=role)
    print(user.pk, issue_token(user=user))
"""


def people(server: ServerProcess) -> list[tuple[str, str]]:
    """The ids and tokens of one of the staff and a customer."""
    made = server.manage("shell", "-v", "0", "-c", MAKE_PEOPLE)
    assert made.returncode == 0, made.stderr
    (staff, its_token), (customer, token) = (line.split() for line in made.stdout.strip().splitlines())
    return [(staff, its_token), (customer, token)]


class Staff:
    """Somebody who listens, and writes down what is said of others."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.heard: list[tuple[float, str, bool]] = []
        self.figures: list[int] = []

    async def listen(self, *, until: Callable[[], bool], within: float) -> None:
        async with asyncio.timeout(within):
            while not until():
                message = json.loads(await self._connection.recv())
                if message["type"] == "presence":
                    data = message["data"]
                    self.heard.append((time.monotonic(), data["user_id"], data["online"]))
                elif message["type"] == "stats":
                    self.figures.append(message["data"]["total_connections"])

    def of(self, user: str) -> list[bool]:
        return [online for _, who, online in self.heard if who == user]


@pytest.mark.timeout(180)
async def test_staff_hear_of_a_user_of_another_process_once_also_when_that_process_is_killed(
    live_server_process: ServerProcess, start_server: Callable[..., ServerProcess]
) -> None:
    third = live_server_process
    prefix = {"STOCKWIRE_REDIS_PREFIX": third.env["STOCKWIRE_REDIS_PREFIX"]}
    killed, other = [
        await asyncio.to_thread(start_server, role="live", database_url=third.database_url, env=prefix)
        for _each in range(2)
    ]
    (_, staff_token), (customer, token) = await asyncio.to_thread(people, third)
    async with (
        connect(
            f"{other.ws_url}/ws?topics=admin",
            additional_headers={"Authorization": f"Bearer {staff_token}"},
            compression=None,
        ) as at_staff,
        connect(
            f"{killed.ws_url}/ws", additional_headers={"Authorization": f"Bearer {token}"}, compression=None
        ),
    ):
        staff = Staff(at_staff)
        await staff.listen(until=lambda: staff.of(customer) == [True] and 2 in staff.figures, within=20)
        # Before it is killed: it may be gone for a while until that call returns.
        gone = time.monotonic()
        killed.kill()
        await staff.listen(until=lambda: len(staff.of(customer)) == 2, within=20)
        assert staff.of(customer) == [True, False]
        assert staff.heard[-1][0] - gone >= 10
        assert staff.figures[-1] == 1
        # The third process says nothing of what the second has said.
        with pytest.raises(TimeoutError):
            await staff.listen(until=lambda: len(staff.of(customer)) > 2, within=3)
