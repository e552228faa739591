"""What came of deliveries, written down together with the place up to which all is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import F

from config.kernel.clock import iso
from realtime.webhooks.models import (
    ANSWER_LENGTH,
    DeliveryStatus,
    WebhookDelivery,
    WebhookState,
    WebhookSubscription,
)
from realtime.webhooks.records import Attempt, Outcome

#: So many attempts of one delivery are remembered, the newest.
_HISTORY = 50

# Columns go in as JSON, whatever their number. What staff have discarded meanwhile stays so, but for what
# has been delivered all the same.
_RECORD = """
INSERT INTO realtime_webhookdelivery AS known (
    subscription_id, seq, event_id, type, subject, status, attempts, due_at, first_failed_at, finished_at,
    last_attempt_at, status_code, duration_ms, answer, problem, history
)
SELECT %(subscription)s, seq, event_id, type, subject, status, attempts, due_at, first_failed_at, finished_at,
    last_attempt_at, status_code, duration_ms, answer, problem, '[]'
FROM json_to_recordset(%(outcomes)s::json) AS given (
    seq bigint, event_id text, type text, subject text, status text, attempts integer, due_at timestamptz,
    first_failed_at timestamptz, finished_at timestamptz, last_attempt_at timestamptz, status_code integer,
    duration_ms integer, answer text, problem text
)
ON CONFLICT (subscription_id, event_id) DO UPDATE SET
    status = excluded.status, attempts = excluded.attempts, due_at = excluded.due_at,
    first_failed_at = excluded.first_failed_at, finished_at = excluded.finished_at,
    last_attempt_at = excluded.last_attempt_at, status_code = excluded.status_code,
    duration_ms = excluded.duration_ms, answer = excluded.answer, problem = excluded.problem,
    history = CASE WHEN known.last_attempt_at IS NULL THEN known.history ELSE
        CASE WHEN jsonb_array_length(known.history) < %(longest)s
            THEN known.history ELSE known.history - 0 END
        || jsonb_build_object(
            'at', known.last_attempt_at, 'status', known.status_code, 'duration_ms', known.duration_ms,
            'answer', known.answer, 'problem', known.problem
        )
    END
WHERE known.status = 'waiting' OR excluded.status = 'delivered'
"""


class NotOurs(Exception):
    """Another worker delivers this subscription by now."""


def record_outcomes(
    *, subscription_id: str, owner: str, epoch: str, seq: int, outcomes: Sequence[Outcome]
) -> None:
    """Write down how deliveries stand, and that all up to ``seq`` is delivered or has its row.

    Locks: the subscription's row, then the deliveries'. Refuses: a worker whose subscription it is not any
    more (``NotOurs``), and then nothing is written. Announces: nothing.
    """
    came, failed = _newest(outcomes, delivered=True), _newest(outcomes, delivered=False)
    with transaction.atomic():
        mine = WebhookSubscription.objects.filter(id=subscription_id, owner=owner, epoch=epoch)
        changes: dict[str, Any] = {"seq": seq}
        if came is not None:
            changes.update(last_delivered_at=came, failing_since=None)
        if not mine.filter(seq__lte=seq).update(**changes):
            raise NotOurs
        if failed is not None and (came is None or failed > came):
            mine.filter(failing_since=None).update(failing_since=failed)
        if outcomes:
            _insert(subscription_id, outcomes)


def stop(*, subscription_id: str, owner: str, reason: str) -> None:
    """Deliver nothing more until staff resume it; the reason is what they read.

    Locks: its row. Refuses: nothing; one that is another worker's by now is left alone. Announces: nothing.
    """
    WebhookSubscription.objects.filter(id=subscription_id, owner=owner, state=WebhookState.ACTIVE).update(
        state=WebhookState.STOPPED,
        reason=reason[:500],
        owner="",
        owned_until=None,
        revision=F("revision") + 1,
    )


def note_sent_again(*, delivery_id: int, attempt: Attempt) -> None:
    """What came of sending something once more. Whether it is delivered stays as it was.

    Locks: its row. Refuses: nothing. Announces: nothing.
    """
    with transaction.atomic():
        row = WebhookDelivery.objects.select_for_update().filter(id=delivery_id).first()
        if row is None:
            return
        if row.last_attempt_at is not None:
            row.history = [*row.history, _last_attempt(row)][-_HISTORY:]
        row.resend_at = None
        row.attempts += 1
        row.last_attempt_at = attempt.at
        row.status_code, row.duration_ms = attempt.status, attempt.duration_ms
        row.answer, row.problem = attempt.answer[:ANSWER_LENGTH], attempt.problem[:500]
        row.save()


def _newest(outcomes: Sequence[Outcome], *, delivered: bool) -> dt.datetime | None:
    moments = [
        outcome.attempt.at
        for outcome in outcomes
        if outcome.attempt is not None and outcome.attempt.succeeded is delivered
    ]
    return max(moments, default=None)


def _insert(subscription_id: str, outcomes: Sequence[Outcome]) -> None:
    rows = [_row(outcome) for outcome in outcomes]
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD,
            {"subscription": subscription_id, "outcomes": orjson.dumps(rows).decode(), "longest": _HISTORY},
        )


def _row(outcome: Outcome) -> dict[str, Any]:
    attempt = outcome.attempt
    return {
        "seq": outcome.seq,
        "event_id": outcome.event_id,
        "type": outcome.type,
        "subject": outcome.subject,
        "status": DeliveryStatus.DELIVERED if outcome.delivered else DeliveryStatus.WAITING,
        "attempts": outcome.attempts,
        "due_at": _written(outcome.due_at),
        "first_failed_at": _written(outcome.first_failed_at),
        "finished_at": _written(attempt.at) if attempt is not None and outcome.delivered else None,
        "last_attempt_at": _written(attempt.at) if attempt is not None else None,
        "status_code": attempt.status if attempt is not None else 0,
        "duration_ms": attempt.duration_ms if attempt is not None else 0,
        "answer": attempt.answer[:ANSWER_LENGTH] if attempt is not None else "",
        "problem": attempt.problem[:500] if attempt is not None else "",
    }


def _written(moment: dt.datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


def _last_attempt(row: WebhookDelivery) -> dict[str, Any]:
    return {
        "at": row.last_attempt_at.isoformat() if row.last_attempt_at is not None else None,
        "status": row.status_code,
        "duration_ms": row.duration_ms,
        "answer": row.answer,
        "problem": row.problem,
    }
