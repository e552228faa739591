"""Enveloped answers: ``{"status": "success", "data": {"order": {…}}}``, for clients that read them so.

A view offers them by naming this renderer among its own and saying what is inside (``enveloped_as``); whoever
asks for them (``Accept: application/vnd.stockwire.envelope+json``, ``?format=envelope``) gets them from the
same paths. Belongs here: the envelope. Does not belong here: what is inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.api.json import OrjsonRenderer, write_json

_FIRST_REFUSAL = 400
_OURS = 500


class EnvelopeRenderer(OrjsonRenderer):
    """JSON in an envelope; its key is the singular or plural of what is inside."""

    media_type = "application/vnd.stockwire.envelope+json"
    format = "envelope"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF's signature
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        context = renderer_context or {}
        status = context["response"].status_code
        if status >= _FIRST_REFUSAL:
            outcome = "fail" if status < _OURS else "error"
            return write_json({"status": outcome, "message": data["message"]})
        one, many = context["view"].enveloped_as
        return write_json({"status": "success", "data": {many if isinstance(data, list) else one: data}})
