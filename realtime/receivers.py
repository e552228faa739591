"""What other apps' signals set in motion here, beside the recording of durable events."""

from __future__ import annotations

from typing import Any

from inventory.events import StockValidated
from orders.events import OrderAssigned
from realtime import layer, whispers
from realtime.courier import courier


def pass_on_changed_rights(sender: object, **_kwargs: Any) -> None:  # noqa: ARG001  Django's signature
    """Have all live processes look at whoever is connected: somebody's rights were withdrawn."""
    courier.send(layer.EPHEMERAL_GROUP, {"type": layer.RIGHTS_CHANGED})


def pass_on_assignment(sender: object, event: OrderAssigned, **_kwargs: Any) -> None:  # noqa: ARG001  as above
    """Have all live processes look at whoever is in the order's room: it may be their work no longer."""
    courier.send(layer.EPHEMERAL_GROUP, {"type": layer.RIGHTS_CHANGED, "rooms": [f"order:{event.order_id}"]})


def pass_on_validation(sender: object, event: StockValidated, **_kwargs: Any) -> None:  # noqa: ARG001  Django's signature
    """Tell whoever looks at the product, and staff, that stock was looked at. At most once; nothing is
    recorded."""
    whispers.send([whispers.whisper_of(event)])
