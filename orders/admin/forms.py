"""What each step asks staff for. The forms offer what the flow allows; the services judge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import F
from unfold.forms import ActionForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from config.api.fields import MAX_QUANTITY
from config.api.once_forms import OnceForm
from config.api.plain_lines import PlainLines
from config.identity.models import Role, User
from orders import flow
from orders.flow import Party, Status, TailorStatus
from orders.models import Disposition, Order, OrderLine

_STAFF = frozenset({Party.STAFF})
_LONGEST_NOTE = 1000
_LONGEST_WORD = 100


#: Where many orders are brought at once. Cancelling is for one at a time.
BULK = (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED)


class StatusActionForm(ActionForm):  # type: ignore[misc]  # unfold has no types
    """What stands beside the choice of an action."""

    to_status = forms.ChoiceField(
        required=False,
        label="",
        choices=[("", "to …"), *((status.value, status.value.capitalize()) for status in BULK)],
        widget=UnfoldAdminSelectWidget,
    )


class StepForm(PlainLines, forms.Form):
    """``version`` is the order's, as the screen had it: a step is taken from what somebody has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=_LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="The customer reads this.",
    )

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data, initial={"version": order.version})


class StatusForm(StepForm):
    status = forms.ChoiceField(label="Next", widget=UnfoldAdminSelectWidget)
    carrier = forms.CharField(required=False, max_length=_LONGEST_WORD, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        required=False, max_length=_LONGEST_WORD, widget=UnfoldAdminTextInputWidget
    )
    estimated_delivery = forms.DateField(required=False, widget=UnfoldAdminSingleDateWidget)
    field_order = ("version", "status", "carrier", "tracking_number", "estimated_delivery", "note")

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(order, data)
        steps = flow.allowed(Status(order.status), _STAFF)
        _offer(self, "status", [status for status in steps if status != Status.CANCELLED])

    def clean_estimated_delivery(self) -> dt.datetime | None:
        day: dt.date | None = self.cleaned_data["estimated_delivery"]
        return dt.datetime.combine(day, dt.time(), dt.UTC) if day else None


class CancelForm(StepForm):
    """A note is all that it takes."""


class TailorForm(StepForm):
    status = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    field_order = ("version", "status", "note")

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(order, data)
        present = order.tailor_status
        _offer(self, "status", flow.tailor_steps(TailorStatus(present), _STAFF) if present else [])


class AssignForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    tailor = forms.ModelChoiceField(
        required=False,
        queryset=User.objects.filter(role=Role.TAILOR, is_active=True).order_by("name", "email"),
        widget=UnfoldAdminSelectWidget,
    )
    delivery_partner = forms.ModelChoiceField(
        required=False,
        queryset=User.objects.filter(role=Role.DELIVERY, is_active=True).order_by("name", "email"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, order: Order, data: Any = None) -> None:
        present = {"tailor": order.tailor_id, "delivery_partner": order.delivery_partner_id}
        super().__init__(data, initial={"version": order.version, **present})


class _LineField(forms.ModelChoiceField[OrderLine]):
    def label_from_instance(self, line: OrderLine) -> str:
        return f"{line.name} ({line.sku}): {line.quantity - line.returned} of {line.quantity} can come back"


class ReturnForm(OnceForm):
    line = _LineField(queryset=OrderLine.objects.none(), widget=UnfoldAdminSelectWidget)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, widget=UnfoldAdminIntegerFieldWidget)
    disposition = forms.ChoiceField(choices=Disposition.choices, widget=UnfoldAdminSelectWidget)

    def __init__(self, order: Order, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        left = OrderLine.objects.filter(order=order, returned__lt=F("quantity")).order_by("position")
        lines: Any = self.fields["line"]
        lines.queryset = left


class RefundForm(PlainLines, OnceForm):
    amount = forms.DecimalField(
        required=False,
        min_value=Decimal("0.0001"),
        max_digits=20,
        decimal_places=4,
        widget=UnfoldAdminTextInputWidget,
        help_text="Empty: all that is left.",
    )
    reason = forms.CharField(
        required=False, max_length=_LONGEST_NOTE, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


class CompleteForm(forms.Form):
    """Asks for nothing: that the money is there is all that is said."""


def _offer(form: forms.Form, name: str, words: Iterable[str]) -> None:
    field: Any = form.fields[name]
    field.choices = [(str(word), str(word).capitalize()) for word in words]
