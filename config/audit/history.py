"""The "History" of every record in the admin: its part of the audit trail, in place of Django's own list,
which knows only what was done on the admin's pages.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config.audit.models import AuditEntry
from config.audit.trail import changes_in, entries_of, names_of

_MOST = 200


def history_of_object(request: HttpRequest, app: str, model: str, object_id: str) -> HttpResponse:
    """Whoever may see the record sees what became of it, newest first; of very many the newest."""
    try:
        page = admin.site.get_model_admin(apps.get_model(app, model))
    except (LookupError, NotRegistered):
        raise Http404 from None
    record = page.get_object(request, unquote(object_id))
    if not page.has_view_permission(request, record):
        raise PermissionDenied
    if record is None:
        raise Http404
    entries = list(entries_of(page.opts.label_lower, record.pk)[: _MOST + 1])
    names = names_of({entry.actor for entry in entries})
    context = {
        **admin.site.each_context(request),
        "title": f"History of {record}",
        "opts": page.opts,
        "object": record,
        "entries": [_row(entry, names) for entry in entries[:_MOST]],
        "has_more": len(entries) > _MOST,
    }
    return TemplateResponse(request, "admin/audit/history.html", context)


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, object]:
    return {
        "entry": entry,
        "doer": names.get(entry.actor, entry.actor),
        "what": entry.kind.partition(".")[2],
        "changes": changes_in(entry),
    }
