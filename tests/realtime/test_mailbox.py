"""The lean queue and event of a connection: as asyncio's own, as far as the protocol uses them."""

from __future__ import annotations

import asyncio

import pytest

from realtime.transport.mailbox import Gate, Mailbox


async def test_messages_are_read_in_order_whether_they_wait_or_the_reader_does() -> None:
    mailbox = Mailbox()
    reading = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    assert not reading.done()
    for number in range(3):
        mailbox.put_nowait({"number": number})
    assert await reading == {"number": 0}
    assert not mailbox.empty()
    assert [await mailbox.get(), await mailbox.get()] == [{"number": 1}, {"number": 2}]
    assert mailbox.empty()


async def test_a_reader_that_gives_up_takes_no_message_with_it() -> None:
    mailbox = Mailbox()
    reading = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    mailbox.put_nowait({"number": 0})
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await mailbox.get() == {"number": 0}


async def test_a_message_comes_to_the_reader_after_one_that_gave_up() -> None:
    mailbox = Mailbox()
    reading = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    reading.cancel()
    again = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    mailbox.put_nowait({"number": 0})
    assert await again == {"number": 0}


async def test_a_gate_lets_pass_while_it_is_open_and_all_who_wait_once_it_opens() -> None:
    gate = Gate()
    assert gate.is_set()
    await gate.wait()
    gate.clear()
    gate.clear()
    assert not gate.is_set()
    passing = [asyncio.create_task(gate.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in passing)
    gate.set()
    gate.set()
    await asyncio.gather(*passing)
    assert gate.is_set()


async def test_a_gate_that_closes_again_at_once_has_let_pass_who_waited() -> None:
    gate = Gate()
    gate.clear()
    passing = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    gate.set()
    gate.clear()
    await passing
    assert not gate.is_set()
