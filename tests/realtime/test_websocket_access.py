"""`/ws`: who one is, from where, for how long; and how a connection ends."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings
from websockets.exceptions import InvalidStatus

from config.identity.cookies import SIGN_IN_COOKIE
from config.identity.models import ApiKey, Role, Scope, User
from realtime import rights, runtime, services
from realtime.consumers.handshake import is_allowed_origin
from realtime.hub.hub import HubLimits
from tests.realtime.door import Door, serving
from tests.realtime.log import LiveHalf, publish_soon, stock_low, stock_reduced
from tests.realtime.people import a_key, a_person, away, the_time_comes, token_that_lives
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


# ---------------------------------------------------------------------------------- credentials


async def test_a_token_may_come_by_header_by_subprotocol_or_by_message(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    by_header = await door.call("?topics=admin", additional_headers=staff.bearer)
    by_protocol = await door.call("?topics=admin", subprotocols=["stockwire.v1", f"bearer.{staff.token}"])
    assert by_protocol.connection.subprotocol == "stockwire.v1"
    for caller in (by_header, by_protocol):
        assert (await caller.hear_of("subscribed"))["topics"] == ["admin"]
    by_message = await door.call("?topics=")
    await by_message.hear_of("subscribed")
    answer = await by_message.ask(type="auth", token=staff.token, ref=1)
    assert answer["type"] == "auth.ok"
    assert answer["user"] == {"id": staff.user.id, "role": "admin"}
    assert answer["expires_at"].endswith("Z")
    assert answer["ref"] == 1
    assert (await by_message.ask(type="subscribe", topics=["admin"]))["topics"] == ["admin"]


async def test_an_api_key_is_a_listener_too(door: Door) -> None:
    key = await a_key(Scope.STOCK_WRITE)
    caller = await door.call("?topics=stock,me", additional_headers={"Authorization": f"Api-Key {key}"})
    answer = await caller.hear_of("subscribed")
    assert answer["topics"] == ["stock"]
    assert answer["refused"] == [{"topic": "me", "code": "not_permitted"}]


@pytest.mark.parametrize(
    "authorization", ["Bearer nonsense", "Bearer ", "Api-Key swk_wrong", "Basic eDp5", "nonsense", ""]
)
async def test_a_wrong_credential_at_the_handshake_is_let_in_told_and_closed_with_3500(
    door: Door, authorization: str
) -> None:
    caller = await door.call(greeted=False, additional_headers={"Authorization": authorization})
    error = await caller.hear()
    assert (error["type"], error["code"]) == ("error", "invalid_token")
    assert await caller.closed_with() == (3500, "invalid token")


async def test_a_wrong_subprotocol_token_is_closed_with_3500_so_that_a_browser_can_read_why(
    door: Door,
) -> None:
    caller = await door.call(greeted=False, subprotocols=["stockwire.v1", "bearer.nonsense"])
    assert (await caller.hear())["code"] == "invalid_token"
    assert await caller.closed_with() == (3500, "invalid token")


async def test_an_expired_token_at_the_handshake_is_wrong(door: Door) -> None:
    customer = await a_person()
    token = token_that_lives(customer.user, -1)
    caller = await door.call(greeted=False, additional_headers={"Authorization": f"Bearer {token}"})
    assert await caller.closed_with() == (3500, "invalid token")


async def test_a_wrong_token_by_message_is_an_error_and_changes_nothing(door: Door) -> None:
    customer = await a_person()
    caller = await door.call("?topics=me", additional_headers=customer.bearer)
    await caller.hear_of("subscribed")
    answer = await caller.ask(type="auth", token="nonsense", ref="a")
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", "invalid_token", "a")
    assert (await caller.ask(type="subscribe", topics=["me"]))["topics"] == ["me"]


async def test_a_token_in_the_url_is_not_read_and_said_so(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    caller = await door.call(f"?token={staff.token}&topics=admin")
    assert (await caller.hear_of("error"))["code"] == "token_in_url"
    assert (await caller.hear_of("subscribed"))["refused"][0]["code"] == "not_authenticated"


async def test_a_ticket_is_not_read_here_and_said_so(door: Door) -> None:
    caller = await door.call("?ticket=swt_anything&topics=admin")
    assert (await caller.hear_of("error"))["code"] == "ticket_in_url"
    assert (await caller.hear_of("subscribed"))["refused"][0]["code"] == "not_authenticated"


async def test_the_sign_in_cookie_counts_from_an_allowed_page_and_one_that_ended_makes_a_guest_who_is_told(
    door: Door,
) -> None:
    staff = await a_person(Role.ADMIN)
    here = f"http://127.0.0.1:{door.port}"

    async def topics(token: str, **headers: str) -> tuple[list[str], str | None]:
        caller = await door.call(
            "?topics=admin,stock", additional_headers={"Cookie": f"{SIGN_IN_COOKIE}={token}", **headers}
        )
        told = await caller.hear()
        code = told["code"] if told["type"] == "error" else None
        answer = told if code is None else await caller.hear_of("subscribed")
        return answer["topics"], code

    assert await topics(staff.token, Origin=here) == (["admin", "stock"], None)
    assert await topics(token_that_lives(staff.user, -1), Origin=here) == (["stock"], "token_expired")
    assert await topics("nonsense", Origin=here) == (["stock"], "invalid_token")


async def test_a_token_that_expires_while_connected_closes_with_3005(door: Door, live_half: LiveHalf) -> None:
    customer = await a_person()
    token = token_that_lives(customer.user, 600)
    caller = await door.call(additional_headers={"Authorization": f"Bearer {token}"})
    the_time_comes(live_half, lasted=600)
    assert await caller.closed_with() == (3005, "token expired")


async def test_a_fresh_token_prolongs_the_connection(door: Door, live_half: LiveHalf) -> None:
    customer = await a_person()
    token = token_that_lives(customer.user, 600)
    caller = await door.call(additional_headers={"Authorization": f"Bearer {token}"})
    assert (await caller.ask(type="auth", token=customer.token))["type"] == "auth.ok"
    (session,) = live_half.hub.sessions
    assert session.expires_at is not None
    assert session.expires_at > time.time() + 3_600
    assert await caller.hears_nothing()


async def test_what_a_new_token_does_not_cover_is_heard_no_more(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    caller = await door.call("?topics=admin,stock,me", additional_headers=staff.bearer)
    await caller.hear_of("subscribed")
    assert (await caller.ask(type="auth", token=customer.token))["type"] == "auth.ok"
    await publish_soon(stock_low(), stock_reduced())
    await caller.hear_of("stock.reduced")
    assert await caller.hears_nothing()


async def test_a_resume_asks_again_what_may_be_heard_now(door: Door, live_half: LiveHalf) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    caller = await door.call("?topics=", additional_headers=staff.bearer)
    await caller.hear_of("subscribed")
    await publish_soon(stock_low(), stock_reduced())
    await until(lambda: live_half.hub.position.seq == 2)
    again = await door.call(
        f"?topics=admin,stock&cursor={caller.hello['cursor']}", additional_headers=customer.bearer
    )
    await again.hear_of("subscribed")
    await again.hear_of("stock.reduced")
    resumed = await again.hear_of("resumed")
    assert resumed["replayed"] == 1
    assert resumed["refused"] == [{"topic": "admin", "code": "not_permitted"}]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "tailor", "is_staff": False}])
async def test_a_user_whose_rights_are_withdrawn_is_sent_away(
    door: Door, live_half: LiveHalf, change: dict[str, object]
) -> None:
    staff = await a_person(Role.ADMIN)
    caller = await door.call("?topics=admin", additional_headers=staff.bearer)
    guest = await door.call()
    await rights.end_those_withdrawn(live_half.hub)
    assert len(live_half.hub.sessions) == 2
    await away(lambda: User.objects.filter(pk=staff.user.pk).update(**change))
    await rights.end_those_withdrawn(live_half.hub)
    assert await caller.closed_with() == (3500, "invalid token")
    assert await guest.hears_nothing()


async def test_a_key_that_is_revoked_is_sent_away(door: Door, live_half: LiveHalf) -> None:
    key = await a_key()
    caller = await door.call(additional_headers={"Authorization": f"Api-Key {key}"})
    await away(lambda: ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z"))
    await rights.end_those_withdrawn(live_half.hub)
    assert await caller.closed_with() == (3500, "invalid token")


# ---------------------------------------------------------------------------------- from where


async def test_a_foreign_origin_is_refused_at_the_handshake(door: Door, settings: Settings) -> None:
    settings.STOCKWIRE_ALLOWED_ORIGINS = ("https://shop.example",)
    with pytest.raises(InvalidStatus) as refused:
        await door.call(origin="https://evil.example")
    assert refused.value.response.status_code == 403
    await door.call(origin="https://shop.example")
    own = door.url.replace("ws://", "http://").removesuffix("/ws")
    await door.call(origin=own)
    await door.call()


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "shop.example", True),
        ("https://shop.example", "shop.example", True),
        ("https://shop.example", "shop.example:443", True),
        ("http://shop.example:8000", "shop.example:8000", True),
        ("https://SHOP.example", "shop.example", True),
        ("http://shop.example", "shop.example:8000", False),
        ("https://shop.example.evil.example", "shop.example", False),
        ("https://partner.example", "shop.example", True),
        ("http://partner.example", "shop.example", False),
        ("null", "shop.example", False),
        ("file://", "shop.example", False),
        ("", "shop.example", False),
        ("https://[", "shop.example", False),
        ("https://shop.example:port", "shop.example", False),
        ("https://evil.example", "evil.example", False),
    ],
)
def test_an_origin_is_ours_or_named_in_the_settings(
    settings: Settings, origin: str | None, host: str, *, allowed: bool
) -> None:
    settings.STOCKWIRE_ALLOWED_ORIGINS = ("https://partner.example",)
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert is_allowed_origin(origin, host=host) is allowed


async def test_a_path_where_nobody_lives_is_404(door: Door) -> None:
    door.url = door.url.removesuffix("ws") + "elsewhere"
    with pytest.raises(InvalidStatus) as refused:
        await door.call()
    assert refused.value.response.status_code == 404


# ---------------------------------------------------------------------------------- how many, how it ends


async def test_a_user_has_so_many_connections_and_no_more(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "limits", lambda: HubLimits(per_holder=2))
    async with runtime.live(), serving() as door:
        customer = await a_person()
        first = await door.call(additional_headers=customer.bearer)
        await door.call(additional_headers=customer.bearer)
        third = await door.call(greeted=False, additional_headers=customer.bearer)
        assert (await third.hear())["code"] == "too_many_connections"
        assert await third.closed_with() == (3504, "too many connections")
        guest = await door.call()
        await guest.say(type="auth", token=customer.token)
        assert await guest.closed_with() == (3504, "too many connections")
        await first.hang_up()
        hub = await runtime.hub()
        await until(lambda: len(hub.sessions) == 1)
        await door.call(additional_headers=customer.bearer)


async def test_a_new_epoch_closes_everybody_with_3010(door: Door) -> None:
    caller = await door.call()
    await away(services.begin_new_epoch)
    assert await caller.closed_with() == (3010, "lost its place")
    again = await door.call(f"?topics=stock&cursor={caller.hello['cursor']}")
    await again.hear_of("subscribed")
    resumed = await again.hear_of("resumed")
    assert resumed["reason"] == "epoch_changed"
    assert resumed["cursor"].partition("-")[0] != caller.hello["cursor"].partition("-")[0]


async def test_whoever_hangs_up_is_forgotten(door: Door, live_half: LiveHalf) -> None:
    callers = [await door.call() for _each in range(5)]
    assert len(live_half.hub.sessions) == 5
    for caller in callers[:2]:
        await caller.hang_up()
    for caller in callers[2:]:
        caller.connection.transport.abort()
    await until(lambda: not live_half.hub.sessions)
    assert live_half.hub._rooms.sizes() == {}
