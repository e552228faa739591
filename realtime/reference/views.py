"""`/api/schema` and `/api/asyncapi`: anyone reads them, and who has one already gets a 304."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from config.api.errors import error_response
from realtime.reference import asyncapi, openapi

_JSON, _YAML = "application/json", "application/yaml"
_FORMATS = {"json": _JSON, "yaml": _YAML}
#: What `Accept` may call them.
_NAMES = {
    _JSON: _JSON,
    "application/vnd.oai.openapi+json": _JSON,
    _YAML: _YAML,
    "application/vnd.oai.openapi": _YAML,
    "text/yaml": _YAML,
}


@csrf_exempt  # so that another method is told what is allowed, not that it bears no token
@require_safe
def schema(request: HttpRequest) -> HttpResponseBase:
    """The REST document, as JSON or YAML."""
    wanted = request.GET.get("format")
    if wanted is not None and wanted not in _FORMATS:
        return error_response(400, message="format: must be json or yaml", code="invalid")
    media_type = _FORMATS[wanted] if wanted else _preferred(request)
    if media_type is None:
        return error_response(406, message="Only JSON and YAML can be given")
    content = openapi.as_yaml() if media_type == _YAML else openapi.as_json()
    return _answer(request, content, media_type)


@csrf_exempt  # as above
@require_safe
def events(request: HttpRequest) -> HttpResponseBase:
    """The document of the live half; its servers are the ones that were asked."""
    return _answer(request, asyncapi.as_json(request.get_host(), secure=request.is_secure()), _JSON)


def _preferred(request: HttpRequest) -> str | None:
    named = request.get_preferred_type(list(_NAMES))
    return None if named is None else _NAMES[named]


def _answer(request: HttpRequest, content: bytes, media_type: str) -> HttpResponseBase:
    etag = quote_etag(hashlib.blake2b(content, digest_size=16).hexdigest())
    response = HttpResponse(
        content, content_type=media_type, headers={"ETag": etag, "Cache-Control": "public, no-cache"}
    )
    patch_vary_headers(response, ("Accept",))
    return get_conditional_response(request, etag=etag, response=response) or response
