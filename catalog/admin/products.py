"""Products in the admin: with their prices, variants and markets on one page, saved by the services."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from catalog.admin.drafting import draft_of
from catalog.admin.exchanging import ExchangedProducts
from catalog.admin.forms import JudgedFormSet, MarketForm, PriceForm, ProductForm, VariantForm
from catalog.admin.many import ManyProducts
from catalog.dialects.shop import shop_currency, shop_price
from catalog.models import LIVE, MarketText, Price, Product, Variant
from catalog.selectors import ShopFilter, Shown, products_shown, shop_listing
from catalog.services import (
    archive_product,
    archive_products,
    change_product,
    create_product,
    require_unchanged,
)
from catalog.stock_port import stock
from config.api.capped_paging import CappedChangeList, CappedPaginator
from config.api.own_search import OwnSearch
from config.identity.admin_actions import asks_for
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from config.kernel.money import sign_of, to_number

_OWN_PATH = re.compile(r"/(?![/\\])")
_REFUSAL = "refusal_of_product"  # where a request carries it from the service to the form
_SHOWN = "shown"  # where a product on a list's page carries what is shown of it


class _Inline(TabularInline):  # type: ignore[misc]  # unfold has no types
    formset = JudgedFormSet
    extra = 0
    tab = True


class PriceInline(_Inline):
    model = Price
    form = PriceForm
    verbose_name_plural = "prices"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        found: QuerySet[Price] = super().get_queryset(request)
        return found.filter(variant__isnull=True).order_by("position", "id")

    def get_extra(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> int:  # noqa: ARG002
        return 0 if obj else 1


class VariantInline(_Inline):
    model = Variant
    form = VariantForm
    verbose_name_plural = "variants"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        found: QuerySet[Variant] = super().get_queryset(request)
        return found.filter(LIVE, implicit=False).order_by("position", "id").prefetch_related("prices")


class MarketInline(_Inline):
    model = MarketText
    form = MarketForm
    verbose_name_plural = "markets"


class ProductChangeList(CappedChangeList):
    """A page of products, each with its price and stock: a fixed number of queries for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = {found.record.id: found for found in products_shown([p.pk for p in self.result_list])}
        for product in self.result_list:
            vars(product)[_SHOWN] = shown.get(product.pk)


class InStockFilter(admin.SimpleListFilter):
    """Whether something of a product can be sold."""

    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("in", "In stock"), ("out", "Out of stock")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:  # noqa: ARG002
        if self.value() == "in":
            return queryset.filter(id__in=stock().products_in_stock())
        if self.value() == "out":
            return queryset.exclude(id__in=stock().products_in_stock())
        return queryset


@admin.register(Product)
class ProductAdmin(OwnSearch, ManyProducts, ExchangedProducts, ModelAdmin, ImportExportModelAdmin):  # type: ignore[misc]  # as above
    """Saved through the services, so that every listener hears of it; deleting archives."""

    form = ProductForm
    inlines = (PriceInline, VariantInline, MarketInline)
    list_display = (
        "picture", "title", "sku", "category", "price", "in_stock", "available", "featured", "updated_at",
    )  # fmt: skip
    list_display_links = ("title",)
    list_filter = ("category", InStockFilter, "available", "featured")
    search_fields = ("title", "sku")
    search_help_text = "Words of the title or description, or part of a SKU"
    ordering = ("-created_at", "-id")
    list_per_page = 30
    show_full_result_count = False
    paginator = CappedPaginator
    actions = ("reprice", "categorize", "offer", "take_off", "feature", "unfeature")
    actions_list = ("shopify",)
    actions_detail = ("levels",)
    change_form_before_template = "admin/catalog/product/picture.html"

    @admin.display(description="")
    def picture(self, product: Product) -> str:
        """Only what lies here: the console fetches nothing from anywhere else."""
        own = _own_picture(product)
        if not own:
            return format_html('<span class="{}"></span>', "console-picture")
        return format_html('<img class="console-picture" src="{}" alt="" loading="lazy">', own)

    has_see_levels_permission = asks_for("inventory.view_stocklevel")

    @action(description="Stock levels", url_path="levels", permissions=["see_levels"])  # type: ignore[untyped-decorator]
    def levels(self, request: HttpRequest, object_id: str) -> HttpResponse:  # noqa: ARG002  unfold's signature
        return HttpResponseRedirect(
            f"{reverse('admin:inventory_stocklevel_changelist')}?{urlencode({'q': unquote(object_id)})}"
        )

    def found(self, queryset: QuerySet[Product], term: str) -> QuerySet[Product]:
        """As the shop searches, and besides by any part of a sku."""
        named = shop_listing(ShopFilter(currency=shop_currency(), search=term)).products.values("pk")
        bearing = Variant.objects.filter(LIVE, sku__icontains=term).values("product_id")
        return queryset.filter(Q(sku__icontains=term) | Q(pk__in=named) | Q(pk__in=bearing) | Q(pk=term))

    @admin.display(description="Price")
    def price(self, product: Product) -> str:
        shown: Shown | None = vars(product).get(_SHOWN)
        price = shop_price(shown.record.prices) if shown else None
        return f"{to_number(price.amount, price.currency)} {sign_of(price.currency)}" if price else "-"

    @admin.display(description="In stock")
    def in_stock(self, product: Product) -> int | str:
        shown: Shown | None = vars(product).get(_SHOWN)
        if shown is None:
            return "-"
        return sum(shown.figures[variant.id].available for variant in shown.record.variants)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        found: QuerySet[Product] = super().get_queryset(request)
        return found.filter(LIVE)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ProductChangeList]:  # noqa: ARG002
        return ProductChangeList

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        product = context.get("original")
        context["own_picture"] = _own_picture(product) if product else ""
        return super().render_change_form(request, context, *args, **kwargs)

    # ------------------------------------------------------------------------------------ saving
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What a service refuses is shown with the form as it was filled in, and nothing is saved."""
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except StockwireError as refusal:
            vars(request)[_REFUSAL] = refusal
            answer = super().changeform_view(request, *args, **kwargs)
        return answer

    def get_form(
        self, request: HttpRequest, obj: Product | None = None, change: bool = False, **kwargs: Any
    ) -> type[ProductForm]:
        form: type[ProductForm] = super().get_form(request, obj, change, **kwargs)
        form.refusal = vars(request).get(_REFUSAL)  # the class was made for this request
        return form

    def save_model(self, request: HttpRequest, obj: Product, form: ProductForm, change: bool) -> None:
        """Nothing yet: ``save_related`` has the whole product."""

    def save_related(
        self, request: HttpRequest, form: ProductForm, formsets: Sequence[Any], change: bool
    ) -> None:
        draft = draft_of(form, formsets)
        actor = Actor(kind="user", id=str(request.user.pk), source="admin")
        if change:
            expect = partial(require_unchanged, form.cleaned_data["known_update"])
            change_product(product_id=form.instance.pk, draft=draft, actor=actor, expect=expect)
        else:
            create_product(draft=draft, actor=actor)

    def construct_change_message(
        self,
        request: HttpRequest,  # noqa: ARG002  Django's signature
        form: ProductForm,
        formsets: Sequence[Any],
        add: bool = False,
    ) -> list[dict[str, Any]]:
        if add:
            return [{"added": {}}]
        tables = [
            str(formset.model._meta.verbose_name_plural) for formset in formsets if formset.has_changed()
        ]
        return [{"changed": {"fields": [*form.changed_data, *tables]}}]

    # ---------------------------------------------------------------------------------- archiving
    def get_deleted_objects(
        self,
        objs: Any,
        request: HttpRequest,  # noqa: ARG002  Django's signature
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Archiving takes nothing else along; the ledger and the orders stay."""
        names = [f"{product.title} ({product.sku})" for product in objs]
        return names, {"products": len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Product) -> None:  # noqa: ARG002  Django's signature
        archive_product(product_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:  # noqa: ARG002
        archive_products(product_ids=list(queryset.values_list("pk", flat=True)))


def _own_picture(product: Product) -> str:
    """Where its picture lies, if it is here: the console fetches nothing from anywhere else."""
    return product.image if _OWN_PATH.match(product.image) else ""
