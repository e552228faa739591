"""What staff do to many products at once. Each product is changed, and announced, by the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from catalog.models import Product
from catalog.services import ProductDraft, change_all, reprice_all
from catalog.services.bulk import LEAST_PERCENT, MOST_PERCENT
from catalog.services.outcomes import Outcome
from config.kernel.actors import Actor

_MOST_SAID = 5


class PercentForm(forms.Form):
    percent = forms.DecimalField(
        min_value=LEAST_PERCENT,
        max_value=MOST_PERCENT,
        decimal_places=2,
        help_text="Below zero: cheaper. All currencies, and variants' own prices, are changed.",
        widget=UnfoldAdminDecimalFieldWidget,
    )


class CategoryForm(forms.Form):
    category = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget)
    subcategory = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget)


def _actor(request: HttpRequest) -> Actor:
    return Actor(kind="user", id=str(request.user.pk), source="admin")


class ManyProducts:
    """The actions of the products' list."""

    admin_site: Any

    @admin.action(description="Change prices by percent", permissions=["change"])
    def reprice(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        def act(ids: Sequence[str], given: dict[str, Any]) -> list[Outcome]:
            return reprice_all(product_ids=ids, percent=given["percent"], actor=_actor(request))

        return self._ask(request, queryset, PercentForm, act, action="reprice", title="Change prices")

    @admin.action(description="Move to a category", permissions=["change"])
    def categorize(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        def act(ids: Sequence[str], given: dict[str, Any]) -> list[Outcome]:
            draft = ProductDraft(category=given["category"], subcategory=given["subcategory"])
            return change_all(product_ids=ids, draft=draft, actor=_actor(request))

        return self._ask(
            request, queryset, CategoryForm, act, action="categorize", title="Move to a category"
        )

    @admin.action(description="Offer for sale", permissions=["change"])
    def offer(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._change(request, queryset, ProductDraft(available=True))

    @admin.action(description="Take off sale", permissions=["change"])
    def take_off(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._change(request, queryset, ProductDraft(available=False))

    @admin.action(description="Feature", permissions=["change"])
    def feature(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._change(request, queryset, ProductDraft(featured=True))

    @admin.action(description="Feature no more", permissions=["change"])
    def unfeature(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._change(request, queryset, ProductDraft(featured=False))

    def _change(self, request: HttpRequest, queryset: QuerySet[Product], draft: ProductDraft) -> None:
        outcomes = change_all(product_ids=_ids(queryset), draft=draft, actor=_actor(request))
        _tell(request, outcomes)

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Product],
        form_class: type[forms.Form],
        act: Callable[[Sequence[str], dict[str, Any]], list[Outcome]],
        *,
        action: str,
        title: str,
    ) -> HttpResponse | None:
        """Ask what is to become of them, then have it done."""
        ids = _ids(queryset)
        asked = any(name in request.POST for name in form_class.base_fields)
        form = form_class(request.POST if asked else None)
        if form.is_valid():
            _tell(request, act(ids, form.cleaned_data))
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "action": action,
            "chosen": ids,
            "what": "product",
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/console/many.html", context)


def _ids(queryset: QuerySet[Product]) -> list[str]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))


def _tell(request: HttpRequest, outcomes: Sequence[Outcome]) -> None:
    refused = [outcome for outcome in outcomes if outcome.refusal is not None]
    changed = sum(outcome.changed for outcome in outcomes)
    same = len(outcomes) - changed - len(refused)
    messages.success(request, f"{changed} products changed, {same} were so already")
    for outcome in refused[:_MOST_SAID]:
        if outcome.refusal is not None:
            messages.error(request, f"{outcome.product_id}: {outcome.refusal.message}")
    if len(refused) > _MOST_SAID:
        messages.error(request, f"and {len(refused) - _MOST_SAID} more were refused")
