"""The trail in the admin: looked at, filtered, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from config.audit.models import AuditEntry
from config.audit.trail import changes_in, names_of

_NAME = "doers_name"  # where an entry on a list's page carries it
_LONGEST = 200


class AuditChangeList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """A page of the trail with its doers' names: one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names = names_of({entry.actor for entry in self.result_list})
        for entry in self.result_list:
            vars(entry)[_NAME] = names.get(entry.actor, entry.actor)


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """Newest first."""

    list_display = ("at", "doer", "source", "kind", "subject", "action", "changes")
    list_filter = ("kind", "action", "source", "at")
    search_fields = ("=subject", "=actor", "=object_id")
    search_help_text = "A subject (catalog.product:prod_…), a doer (user:usr_…) or a record's id, whole."
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    fields = ("at", "doer", "source", "kind", "object_id", "subject", "action", "changes")
    readonly_fields = ("doer", "changes")

    @admin.display(description="Who")
    def doer(self, entry: AuditEntry) -> str:
        if _NAME not in vars(entry):
            vars(entry)[_NAME] = names_of([entry.actor]).get(entry.actor, entry.actor)
        return str(vars(entry)[_NAME])

    @admin.display(description="Before and after")
    def changes(self, entry: AuditEntry) -> str:
        rows = ((change.field, _shown(change.before), _shown(change.after)) for change in changes_in(entry))
        return format_html("<div>{}</div>", format_html_join("", "<div>{}: {} → {}</div>", rows))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AuditChangeList]:  # noqa: ARG002
        return AuditChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  as above
        return False


def _shown(value: Any) -> str:
    return "-" if value is None else str(value)[:_LONGEST]
