"""The trail in the admin: looked at, filtered, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import RangeDateTimeFilter

from config.api.fixed_filters import fixed_filter, named
from config.api.own_search import OwnSearch
from config.api.read_only import ReadOnlyAdmin
from config.audit.admin_doers import DoersChangeList, name_of_doer
from config.audit.models import AuditEntry
from config.audit.trail import changes_in, subject_of
from config.audit.watching import watched

_LONGEST = 200


@admin.register(AuditEntry)
class AuditEntryAdmin(OwnSearch, ReadOnlyAdmin):
    """Newest first."""

    list_display = ("at", "doer", "action", "subject", "changes", "source")
    list_filter = (
        fixed_filter("kind", lambda: named(*sorted({one.kind for one in watched().values()}))),
        "action",
        fixed_filter(
            "source", named("admin", "api", "import", "command", "database", "system"), title="door"
        ),
        ("at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("subject",)
    search_help_text = "A record's id, or who did it: an e-mail address, command:…. As a whole."
    ordering = ("-id",)
    fields = ("at", "doer", "source", "kind", "object_id", "subject", "action", "changes")
    readonly_fields = ("doer", "changes")

    @admin.display(description="Who")
    def doer(self, entry: AuditEntry) -> str:
        return name_of_doer(entry)

    @admin.display(description="Before and after")
    def changes(self, entry: AuditEntry) -> str:
        rows = ((change.field, _shown(change.before), _shown(change.after)) for change in changes_in(entry))
        return format_html("<div>{}</div>", format_html_join("", "<div>{}: {} → {}</div>", rows))

    def found(self, queryset: QuerySet[AuditEntry], term: str) -> QuerySet[AuditEntry]:
        """By the trail's own indexes: it is far too long to be read."""
        users = get_user_model().objects.filter(email__iexact=term).values_list("pk", flat=True)
        actors = [
            actor
            for actor in (term, *(f"user:{pk}" for pk in (term, *users)))
            # Of whom there is none the trail would be read to its beginning.
            if AuditEntry.objects.filter(actor=actor).exists()
        ]
        subjects = [
            term,
            *(subject_of(kind, term) for kind in {one.subject[0] for one in watched().values()}),
        ]
        meant = Q(subject__in=subjects)
        return queryset.filter(meant | Q(actor__in=actors) if actors else meant)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DoersChangeList]:  # noqa: ARG002
        return DoersChangeList


def _shown(value: Any) -> str:
    return "-" if value is None else str(value)[:_LONGEST]
