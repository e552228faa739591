"""The products' list with its doors for files: CSV out and in again, and another shop system's export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from import_export.formats.base_formats import CSV
from import_export.forms import ConfirmImportForm
from import_export.results import Result
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import action

from catalog.admin.exchange import PreviewedResult, ProductResource
from catalog.admin.product_file import ProductFile, UnreadableFileError
from catalog.admin.uploading import LARGEST, ShopifyForm, import_upload
from config.kernel.actors import Actor

_MOST_SAID = 10
_MOST_REMARKS = 500
_KINDS = {"new": "new", "update": "changed", "skip": "unchanged"}


class BoundedImportForm(ImportForm):  # type: ignore[misc]  # unfold has no types
    """A file is read whole: no larger than a body over REST."""

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > LARGEST:
            raise forms.ValidationError(f"is over {LARGEST // 1024 // 1024} MB: split it")
        return file


class ConfirmForm(ConfirmImportForm):  # type: ignore[misc]  # as above
    """The library takes the number of a format as it comes; of ours there is one."""

    def clean_format(self) -> str:
        return "0"


class ExchangedProducts:
    """What django-import-export asks for, and the upload of another system's export."""

    admin_site: Any
    resource_classes = (ProductResource,)
    import_form_class = BoundedImportForm
    confirm_form_class = ConfirmForm
    export_form_class = ExportForm
    import_formats = (ProductFile,)
    export_formats = (CSV,)
    from_encoding = "utf-8-sig"
    import_error_display = ("message",)
    skip_admin_log = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("catalog.change_product")) and bool(
            request.user.has_perm("catalog.add_product")
        )

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("catalog.view_product"))

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002
        return {"actor": Actor(kind="user", id=str(request.user.pk), source="import")}

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        """Our own sentence, where the file is what is wrong."""
        if not isinstance(error, UnreadableFileError):
            raise error
        form.add_error("import_file", str(error))

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """A file is tried: how much of it is not on the page, is said."""
        answer: HttpResponse = super().import_action(request, **kwargs)  # type: ignore[misc]  # the library's
        result = (getattr(answer, "context_data", None) or {}).get("result")
        if isinstance(result, PreviewedResult) and result.left_out() and not result.has_errors():
            counts = ", ".join(f"{result.totals[kind]} {words}" for kind, words in _KINDS.items())
            messages.info(
                request,
                f"{counts}: {len(result.valid_rows())} rows are shown, those that change something first",
            )
        return answer

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The file that was tried waits in a folder, for one who confirms it once."""
        try:
            answer: HttpResponse = super().process_import(request, **kwargs)  # type: ignore[misc]  # the library's
        except (OSError, UnreadableFileError):
            messages.error(request, "That file has been taken, or is no longer here: try it again")
            return HttpResponseRedirect(reverse("admin:catalog_product_import"))
        return answer

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """What was refused after all, since somebody changed it after the file was tried, is said."""
        refused = [error for _, errors in result.row_errors() for error in errors]
        for error in refused[:_MOST_SAID]:
            messages.error(request, f"Row {error.number}: {error.error}")
        if len(refused) > _MOST_SAID:
            messages.error(request, f"and {len(refused) - _MOST_SAID} more were refused")
        answer: HttpResponse = super().process_result(result, request)  # type: ignore[misc]  # the library's
        return answer

    @action(description="Import from Shopify", url_path="shopify", permissions=["import"])  # type: ignore[untyped-decorator]
    def shopify(self, request: HttpRequest) -> HttpResponse:
        form = ShopifyForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Import from Shopify",
            "form": form,
        }
        if request.method == "POST" and form.is_valid():
            report = import_upload(request, form)
            context |= {
                "report": report,
                "tried": form.cleaned_data["dry_run"],
                "refused": report.refused[:_MOST_REMARKS],
                "notes": report.notes[:_MOST_REMARKS],
                "left_out": sum(max(0, len(some) - _MOST_REMARKS) for some in (report.refused, report.notes)),
            }
        return TemplateResponse(request, "admin/catalog/product/shopify.html", context)
