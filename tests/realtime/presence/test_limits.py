"""How many connections a user and an address may have, over all processes."""

from __future__ import annotations

from config.embedded.redis import Redis
from tests.realtime.people import away
from tests.realtime.presence.live_processes import came, processes
from tests.realtime.waiting import until


async def test_a_users_connections_are_limited_over_all_processes() -> None:
    async with processes(2, per_holder=3) as (_said, (first, second)):
        one, _two = came(first.come("1")), came(first.come("1"))
        await until(lambda: second.hub.admission._holders_elsewhere == {"user:1": 2})
        assert second.come("1") is not None
        assert second.come("1") is None
        assert second.come("2") is not None
        await until(lambda: first.hub.admission._holders_elsewhere == {"user:1": 1})
        assert first.come("1") is None
        first.hub.leave(one)
        assert first.come("1") is not None
        guest = came(second.come())
        assert not second.hub.belong(guest, holder="user:1")


async def test_an_addresss_connections_are_limited_over_all_processes() -> None:
    async with processes(2, per_address=4) as (_said, (first, second)):
        for _each in range(3):
            came(first.come(address="192.0.2.1"))
        await until(lambda: second.hub.admission._addresses_elsewhere == {"192.0.2.1": 3})
        assert second.come(address="192.0.2.1") is not None
        assert second.come(address="192.0.2.1") is None
        assert second.come(address="192.0.2.2") is not None


async def test_the_connections_of_a_killed_process_keep_nobody_out_for_long() -> None:
    async with processes(2, per_holder=2) as (_said, (killed, other)):
        came(killed.come("1"))
        came(killed.come("1"))
        await until(lambda: other.hub.admission._holders_elsewhere == {"user:1": 2})
        assert other.come("1") is None
        await killed.kill()
        took = await until(lambda: not other.hub.admission._holders_elsewhere)
        assert took < 1.2
        assert other.come("1") is not None
        assert other.come("1") is not None


async def test_while_redis_is_away_each_process_has_limits_of_its_own(own_redis: Redis) -> None:
    async with processes(2, url=own_redis.url, per_holder=2) as (_said, (first, second)):
        came(first.come("1"))
        came(first.come("1"))
        await until(lambda: second.hub.admission._holders_elsewhere == {"user:1": 2})
        await away(own_redis.stop)
        await until(lambda: not second.hub.admission._holders_elsewhere)
        assert second.come("1") is not None
        await away(own_redis.start)
