"""How the console is asked: what no page of it can be asked with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def without_nul(view: View) -> View:
    """NUL is in no text that the database holds: an address or a choice with it is refused before a list asks
    for it. What is typed into a form is the form's to refuse.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        said = [request.path_info, *_all_of(request.GET), *request.POST.getlist("_selected_action")]
        if any("\0" in text for text in said):
            raise BadRequest("an address can't hold the character NUL")
        return view(request, *args, **kwargs)

    return answer


def _all_of(query: Any) -> list[str]:
    return [text for name, values in query.lists() for text in (name, *values)]
