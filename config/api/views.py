"""What every endpoint's view extends: JSON in and out, bounded bodies, nothing that a database can't hold.

Belongs here: what is the same for all. Does not belong here: who may do what
(``config.identity.permissions``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from config.api.bodies import BATCH_BODY, ONE_BODY, bounded_body
from config.api.json import OrjsonParser, OrjsonRenderer, read_json
from config.kernel.errors import InvalidInput, NotFound

__all__ = ["BATCH_BODY", "ONE_BODY", "ApiView", "ApiViewSet", "read_body"]

JSON = "application/json"
#: Who reads envelopes asks for them everywhere, also where there is nothing but the thing itself.
_ENVELOPE = "application/vnd.stockwire.envelope+json"
_ACCEPTABLE = frozenset({JSON, "application/*", "*/*", _ENVELOPE})


class JsonOnly(BaseContentNegotiation):
    """JSON for whoever takes it; 406 for whoever has ruled it out. In an envelope, where a view offers one
    and it is asked for.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:  # noqa: ARG002  DRF's signature
        return next(iter(parsers))

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002  DRF's signature
    ) -> tuple[BaseRenderer, str]:
        renderers = list(renderers)
        for renderer in renderers[1:]:
            if _asks_for(renderer, request):
                return renderer, renderer.media_type
        if not _accepts(request, _ACCEPTABLE):
            raise exceptions.NotAcceptable
        return renderers[0], JSON


class ApiRequest(Request):
    """DRF's request, whose ``data`` is the body as ``config.api.json`` reads it.

    DRF itself would take a body without ``Content-Length`` for none.
    """

    def _parse(self) -> tuple[Any, Any]:
        view = (self.parser_context or {})["view"]
        body = bounded_body(self._request, limit=view.max_body)
        files: MultiValueDict[str, Any] = MultiValueDict()
        if not body:
            return {}, files
        _require_json(self.content_type)
        return read_json(body, nul_refused=view.nul_refused), files


class _JsonApi(APIView):
    """The part that single views and viewsets share."""

    renderer_classes: Sequence[type[BaseRenderer]] = (OrjsonRenderer,)
    parser_classes = (OrjsonParser,)
    content_negotiation_class = JsonOnly
    #: The longest body that is read; a batch sets ``BATCH_BODY``.
    max_body = ONE_BODY
    #: A batch whose items stand alone sets it to ``False``, and refuses NUL item by item (``refuse_nul``).
    nul_refused = True

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:  # noqa: ARG002  DRF's
        return ApiRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        _refuse_nul(request, kwargs)
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            # Some endpoints never look into it; none may do its work for a body that is too long.
            read_body(request)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002  DRF's signature
        """Which methods there are, in ``Allow``; nothing about the code behind them."""
        return Response(status=204)


class ApiView(_JsonApi):
    """An endpoint with a method for each HTTP method."""


class ApiViewSet(ViewSetMixin, _JsonApi):
    """Endpoints that share a resource."""


def read_body(request: Request) -> bytes:
    """The body's bytes as they came (a signature is over these), within the view's limit."""
    view = (request.parser_context or {})["view"]
    return bounded_body(request._request, limit=view.max_body)


def _asks_for(renderer: BaseRenderer, request: Request) -> bool:
    """Whether another answer than JSON as it is was named: in the query or, to the letter, in ``Accept``."""
    if request.query_params.get("format") == renderer.format:
        return True
    # Without a word in it, `Accept` takes anything and asks for nothing.
    header = request.headers.get("Accept", "")
    return bool(header.strip()) and _accepts(request, {renderer.media_type})


def _accepts(request: Request, acceptable: Collection[str]) -> bool:
    header = request.headers.get("Accept", "")
    if not header.strip():
        return True
    for part in header.split(","):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        refused = any(p.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for p in parameters)
        if media_type in acceptable and not refused:
            return True
    return False


def _require_json(content_type: str) -> None:
    media_type, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    if media_type != JSON:
        raise exceptions.UnsupportedMediaType(media_type)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8"}:
            raise exceptions.UnsupportedMediaType(content_type)


def _refuse_nul(request: Request, kwargs: dict[str, Any]) -> None:
    """NUL is in no text that the database holds: a path with it names nothing, a filter with it is wrong."""
    if any("\0" in value for value in kwargs.values() if isinstance(value, str)):
        raise NotFound
    for name, values in request.query_params.lists():
        if "\0" in name or any("\0" in value for value in values):
            what = "must not hold the character NUL"
            place = name.replace("\0", "") or "query"
            raise InvalidInput(f"{place}: {what}", details={place: [what]})
