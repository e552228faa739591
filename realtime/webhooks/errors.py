"""What the webhooks' services refuse."""

from __future__ import annotations

from config.kernel.errors import Conflict, InvalidInput, NotFound


class BadTarget(InvalidInput):
    """A URL that nothing may be posted to."""

    code = "invalid_url"


class BadTopics(InvalidInput):
    """Topics that are none, or that mean no event."""

    code = "invalid_topics"


class TooManyWebhooks(Conflict):
    """Each is a reader of the whole log."""

    code = "too_many_webhooks"
    message = "There are as many webhooks as there may be"


class UnknownWebhook(NotFound):
    """No such subscription, or no such delivery."""

    code = "unknown_webhook"
    message = "Webhook not found"


class NotActive(Conflict):
    """Nothing is delivered of what is paused or stopped."""

    code = "webhook_not_active"
    message = "Resume the webhook first"


class NotWaiting(Conflict):
    """Only what is still to be delivered can be given up."""

    code = "delivery_not_waiting"
    message = "This delivery is not waiting any more"


class EventGone(Conflict):
    """The log no longer has what is to be sent."""

    code = "event_gone"
    message = "The event is no longer kept"
