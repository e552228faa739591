"""Forms of the console that are good once: sent again, by a second press or from a page of before, they do
nothing. For what has no figure or version on the screen that would be another by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest

from config.api.idempotency import do_once
from config.kernel.ids import new_id

T = TypeVar("T")
_LONGEST = 100


def _new_key() -> str:
    return new_id("once")


class OnceForm(forms.Form):
    """``once`` is drawn with the form. A form that was drawn again after a refusal bears another."""

    once = forms.CharField(
        required=False, max_length=_LONGEST, initial=_new_key, label="", widget=forms.HiddenInput
    )


def done_once(request: HttpRequest, given: Mapping[str, Any], effect: Callable[[], T], *, what: str) -> T:
    """``effect()``, in one transaction with the form's key; ``what`` is done and to which row.

    *Locks* and *refuses* as ``do_once``; a form without a key is taken as often as it comes.
    """
    key = given.get("once")
    if not key:
        return effect()
    return do_once(caller=_caller(request), endpoint=f"console.{what}"[:200], key=key, effect=effect)


def key_for_service(request: HttpRequest, given: Mapping[str, Any], *, what: str) -> str | None:
    """The form's key as a text that a service can keep unique, where no transaction can hold the effect."""
    key = given.get("once")
    scope = "\0".join((_caller(request), f"console.{what}", key)) if key else ""
    return sha256(scope.encode()).hexdigest() if scope else None


def _caller(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"
