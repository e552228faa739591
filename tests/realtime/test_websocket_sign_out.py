"""`/ws`: a token of a sign-in that has ended is wrong, however it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from config.identity.models import User
from config.identity.services import end_all_sign_ins, register, sign_out
from tests.realtime.door import Door, serving
from tests.realtime.log import LiveHalf
from tests.realtime.people import away

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def door(live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving() as door:
        yield door


async def test_a_token_of_a_sign_in_is_known_until_the_sign_in_ends(door: Door) -> None:
    came = await away(
        partial(register, email="ada@example.com", password="Grey-heron-42", name="Ada", phone="", address="")
    )
    header = {"Authorization": f"Bearer {came.token}"}
    caller = await door.call("?topics=me", additional_headers=header)
    assert (await caller.hear_of("subscribed"))["topics"] == ["me"]
    guest = await door.call()
    await away(partial(sign_out, refresh_token=came.refresh_token))
    assert (await guest.ask(type="auth", token=came.token))["code"] == "invalid_token"
    for how in ({"additional_headers": header}, {"subprotocols": ["stockwire.v1", f"bearer.{came.token}"]}):
        refused = await door.call(greeted=False, **how)
        assert (await refused.hear())["code"] == "invalid_token"
        assert await refused.closed_with() == (3500, "invalid token")


async def test_signed_out_everywhere_is_signed_out_here(door: Door) -> None:
    came = await away(
        partial(register, email="ada@example.com", password="Grey-heron-42", name="Ada", phone="", address="")
    )
    await away(lambda: end_all_sign_ins(user=User.objects.get()))
    caller = await door.call(greeted=False, additional_headers={"Authorization": f"Bearer {came.token}"})
    assert await caller.closed_with() == (3500, "invalid token")
