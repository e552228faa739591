"""Whose request it is, as the kit needs to know: a text that scopes what belongs to one caller.

Users and keys are ``config.identity``'s, which stands above the kit and hands its answer in from
``AppConfig.ready``; so no import points up.
"""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.request import Request

Namer = Callable[[Request], str]


def _nobody_knows(_request: Request) -> str:
    raise RuntimeError("no app has said how callers are named: config.identity is not installed")


_namer: Namer = _nobody_knows


def name_callers_with(namer: Namer) -> None:
    """Have ``namer`` answer ``caller_key`` from now on."""
    global _namer  # noqa: PLW0603  set once, when the apps are ready
    _namer = namer


def caller_key(request: Request) -> str:
    """The caller as a short text: the same for each request of one caller, different for any two."""
    return _namer(request)
