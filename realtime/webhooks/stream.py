"""One subscription's deliveries: reads the log, posts, writes down what came of it.

One coordinator decides; it starts attempts as tasks and hears of them through a list. All that it knows is
bounded: the events that it has read and not finished, those that are held (numbers, no bodies), the attempts
that are under way. Whatever ends it, the next one goes on from the database.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog

from config.kernel.clock import iso_of
from realtime.records import Head
from realtime.webhooks import selectors, services, signing, topics
from realtime.webhooks.lanes import Item, Lanes
from realtime.webhooks.messages import name_and_body, reset_body
from realtime.webhooks.pace import Pace
from realtime.webhooks.posting import Poster
from realtime.webhooks.records import RESET, Attempt, Beginning, Outcome, Target
from realtime.webhooks.services.outcomes import NotOurs

log = structlog.get_logger(__name__)

T = TypeVar("T")
Ask = Callable[[Callable[[], T]], Awaitable[T]]
#: A delivery that is to be sent once more: its number, when that was asked for, and the event.
Again = tuple[int, dt.datetime, int, str]

#: Attempts of one subscription that are under way at the same time.
PARALLEL = 10
#: Events in memory that are read and not finished.
WINDOW = 200
#: Events that are held. Beyond them the log is not read on: its receiver has other troubles.
MOST_HELD = 20_000
#: What came of attempts is written down when it is so much, or so old.
BUNDLE, BUNDLE_SECONDS = 100, 0.2
#: The place moves on without deliveries too, but it need not be written down at once.
PLACE_SECONDS = 5.0
#: An attempt is begun only if the subscription stays ours for as long as it may take, and so much longer.
MARGIN = 0.5
_GONE = 410


class Stream:
    """``run`` delivers until it is told to stop, or until the subscription can't go on."""

    def __init__(
        self, target: Target, *, owner: str, poster: Poster, pace: Pace, ask: Ask[object], owned_until: float
    ) -> None:
        self.target = target
        self.owned_until = owned_until
        self._owner = owner
        self._poster = poster
        self._pace = pace
        self._ask = ask
        self._wake = asyncio.Event()
        self._end: Head | None = None
        self._grace: float | None = None
        self._begun: Beginning | None = None
        self._lanes = Lanes(seq=0)
        self._types = topics.log_types(target.topics)
        self._under_way: set[asyncio.Future[None]] = set()
        self._arrived: list[tuple[Item, Attempt]] = []
        self._error: Exception | None = None
        self._to_record: dict[str, Outcome] = {}
        self._record_at: float | None = None
        self._recorded_seq = 0
        self._recorded_at = 0.0
        self._failures = 0
        self._probe_at = 0.0
        self._stop_reason = ""
        self._again: set[tuple[int, dt.datetime]] = set()

    # ------------------------------------------------------------------------ told by the deliverer

    def hear(self, end: Head) -> None:
        """The log ends here now."""
        if end != self._end:
            self._end = end
            self._wake.set()
        if self._begun is not None and end.epoch != self._begun.epoch:
            self.stop(grace=self._pace.timeout)

    def stop(self, *, grace: float) -> None:
        """Begin nothing more; what is under way has ``grace`` seconds."""
        self._grace = grace if self._grace is None else min(grace, self._grace)
        self._wake.set()

    def send_again(self, wanted: Iterable[Again]) -> None:
        """These are wanted once more. What is asked for several times is asked for once."""
        asked = {(number, moment): (seq, event_id) for number, moment, seq, event_id in wanted}
        self._again &= asked.keys()
        for key in asked.keys() - self._again:
            if len(self._under_way) >= 2 * PARALLEL or not self._is_ours():
                return
            self._again.add(key)
            self._start(self._send_again(key[0], *asked[key]))

    # ------------------------------------------------------------------------------ the coordinator

    async def run(self) -> None:
        """Deliver. Raises what the database raises."""
        begun = await self._ask(partial(services.begin, subscription_id=self.target.id, owner=self._owner))
        if not isinstance(begun, Beginning):
            return
        self._begun = begun
        self._lanes = Lanes(seq=begun.seq)
        self._recorded_seq = begun.seq
        for held in begun.held:
            self._lanes.add(
                Item(
                    seq=held.seq,
                    event_id=held.event_id,
                    type=held.type,
                    subject=held.subject,
                    attempts=held.attempts,
                    due=held.due_at.timestamp() if held.due_at is not None else None,
                    first_failed=held.first_failed_at.timestamp() if held.first_failed_at else None,
                    held=True,
                )
            )
        try:
            while self._grace is None and not self._stop_reason:
                self._wake.clear()
                await self._read()
                self._start_attempts()
                await self._record_if_due()
                await self._rest()
                self._take_in()
        finally:
            await self._finish()

    async def _read(self) -> None:
        lanes, end, begun = self._lanes, self._end, self._begun
        assert begun is not None  # noqa: S101  set before
        room = WINDOW - lanes.fresh
        if end is None or lanes.seq >= end.top or room < WINDOW // 2 or lanes.held >= MOST_HELD:
            return
        after = lanes.seq
        piece = await self._ask(
            partial(selectors.read_log, after=after, upto=end.top, types=self._types, limit=room)
        )
        assert isinstance(piece, selectors.Piece)  # noqa: S101  what it returns
        if piece.end.epoch != begun.epoch or piece.end.floor > after:
            # Whoever begins anew finds that the place is lost, and says so.
            self.stop(grace=self._pace.timeout)
            return
        for record in piece.records:
            if record.seq in begun.known or not topics.is_told(record.type):
                continue
            name, body = name_and_body(record)
            if topics.matches(self.target.topics, name):
                lanes.add(
                    Item(seq=record.seq, event_id=record.id, type=name, subject=record.subject, body=body)
                )
        lanes.read_up_to(piece.upto)
        if lanes.seq < end.top:
            self._wake.set()

    def _start_attempts(self) -> None:
        if not self._is_ours():
            return
        now = time.time()
        if not self._is_down:
            while len(self._under_way) < PARALLEL and (item := self._lanes.take(now)) is not None:
                self._start(self._attempt(item))
            return
        if self._under_way:
            return
        item = self._lanes.take_due(now)
        if item is None and now >= self._probe_at:
            item = self._lanes.take_ready()
            if item is not None:
                self._probe_later(now)
        if item is not None:
            self._start(self._attempt(item))

    def _take_in(self) -> None:
        """What came of attempts."""
        if self._error is not None:
            raise self._error
        arrived, self._arrived = self._arrived, []
        now = time.time()
        for item, attempt in arrived:
            item.attempts += 1
            if attempt.succeeded:
                was_down, self._failures = self._is_down, 0
                self._lanes.succeeded(item)
                if was_down:
                    self._lanes.all_due(now)
            else:
                self._failed(item, attempt, now)
            self._note(item, attempt)

    def _failed(self, item: Item, attempt: Attempt, now: float) -> None:
        was_down = self._is_down
        self._failures += 1
        if self._is_down and not was_down:
            self._probe_later(now)
        item.first_failed = item.first_failed or now
        pause = self._pace.pause_before(item.attempts + 1, chance=_chance())
        self._lanes.failed(item, due=now + max(pause, attempt.retry_after))
        trying_for = dt.timedelta(seconds=now - item.first_failed)
        if attempt.status == _GONE:
            self._stop_reason = "The receiver answered 410: it wants no more of this"
        elif self._pace.is_over(attempts=item.attempts, trying_for=trying_for):
            self._stop_reason = (
                f"{item.type} of {item.subject} ({item.event_id}) could not be delivered in {item.attempts} "
                f"attempts since {iso_of(item.first_failed)}: {attempt.problem}"
            )

    async def _rest(self) -> None:
        """Until there is something to do."""
        now, moments = time.time(), [self._recorded_at + PLACE_SECONDS]
        if self._record_at is not None:
            moments.append(self._record_at)
        if (due := self._lanes.next_due()) is not None and not (self._is_down and self._under_way):
            moments.append(due)
        if self._is_down and not self._under_way:
            moments.append(self._probe_at)
        pause = min((moment - now for moment in moments if moment > now), default=1.0)
        if not self._arrived:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(pause, 0.005), 1.0)):
                    await self._wake.wait()

    async def _finish(self) -> None:
        """Wait for what is under way, for as long as there is grace, and write down what came of it."""
        grace = self._pace.timeout if self._grace is None else self._grace
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace)
        for task in list(self._under_way):
            task.cancel()
        if self._error is not None:
            return
        self._take_in()
        try:
            await self._record()
            if self._stop_reason:
                log.warning("a webhook is stopped", webhook=self.target.id, reason=self._stop_reason)
                await self._ask(
                    partial(
                        services.stop,
                        subscription_id=self.target.id,
                        owner=self._owner,
                        reason=self._stop_reason,
                    )
                )
        except NotOurs:
            log.info("another worker delivers this webhook by now", webhook=self.target.id)

    # ------------------------------------------------------------------------------------ attempts

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._error = error
        self._wake.set()

    async def _attempt(self, item: Item) -> None:
        body = item.body or await self._body_of(item)
        attempt = await self._post(item.event_id, body)
        # Only now: the list is another one after each time that it was looked through.
        self._arrived.append((item, attempt))

    async def _send_again(self, number: int, seq: int, event_id: str) -> None:
        attempt = await self._post(event_id, await self._body(seq, event_id))
        await self._ask(partial(services.note_sent_again, delivery_id=number, attempt=attempt))

    async def _post(self, event_id: str, body: bytes | None) -> Attempt:
        timestamp = time.time()
        if body is None:
            moment = dt.datetime.fromtimestamp(timestamp, tz=dt.UTC)
            return Attempt(moment, 0, 0, "", "Not sent: the log has not got this event any more")
        headers = signing.headers(
            event_id=event_id, timestamp=int(timestamp), body=body, keys=self.target.keys
        )
        return await self._poster.post(self.target.url, headers=headers, body=body)

    async def _body_of(self, item: Item) -> bytes | None:
        if item.type != RESET:
            return await self._body(item.seq, item.event_id)
        begun = self._begun
        assert begun is not None  # noqa: S101  set before
        return reset_body(
            event_id=item.event_id,
            reason=item.subject,
            epoch=begun.epoch,
            seq=item.seq,
            timestamp=iso_of(time.time()),
        )

    async def _body(self, seq: int, event_id: str) -> bytes | None:
        record = await self._ask(partial(selectors.event_in_log, seq=seq, event_id=event_id))
        return name_and_body(record)[1] if record is not None else None  # type: ignore[arg-type]  # a record

    # ----------------------------------------------------------------------------------- recording

    def _note(self, item: Item, attempt: Attempt | None) -> None:
        if self._record_at is None:
            self._record_at = time.time() + BUNDLE_SECONDS
        delivered = attempt is not None and attempt.succeeded
        self._to_record[item.event_id] = Outcome(
            seq=item.seq,
            event_id=item.event_id,
            type=item.type,
            subject=item.subject,
            delivered=delivered,
            attempts=item.attempts,
            due_at=None if delivered else _moment(item.due),
            first_failed_at=_moment(item.first_failed),
            attempt=attempt,
        )

    async def _record_if_due(self) -> None:
        now = time.time()
        if (
            len(self._to_record) >= BUNDLE
            or (self._record_at is not None and now >= self._record_at)
            or (self._lanes.safe > self._recorded_seq and now >= self._recorded_at + PLACE_SECONDS)
        ):
            await self._record()

    async def _record(self) -> None:
        begun = self._begun
        assert begun is not None  # noqa: S101  set before
        for item in self._lanes.newly_held():
            if item.event_id not in self._to_record:
                self._note(item, None)
        seq = self._lanes.safe
        if not self._to_record and seq == self._recorded_seq:
            return
        outcomes, self._to_record, self._record_at = list(self._to_record.values()), {}, None
        await self._ask(
            partial(
                services.record_outcomes,
                subscription_id=self.target.id,
                owner=self._owner,
                epoch=begun.epoch,
                seq=seq,
                outcomes=outcomes,
            )
        )
        self._recorded_seq, self._recorded_at = seq, time.time()

    # ----------------------------------------------------------------------------------- conditions

    def _is_ours(self) -> bool:
        now = asyncio.get_running_loop().time()
        return now + self._pace.timeout + MARGIN <= self.owned_until

    @property
    def _is_down(self) -> bool:
        return self._failures >= self._pace.failures_until_down

    def _probe_later(self, now: float) -> None:
        self._probe_at = now + self._pace.probe_pause(self._failures, chance=_chance())


def _chance() -> float:
    return random.random()  # noqa: S311  jitter needs no secrecy


def _moment(seconds: float | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC) if seconds is not None else None
