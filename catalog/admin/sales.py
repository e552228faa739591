"""Flash sales in the admin: planned, changed and ended by the services, like at any other door."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from unfold.admin import ModelAdmin

from catalog.admin.forms import JudgedByServices
from catalog.admin.preview import MOST_PRODUCTS, preview, read_percentage
from catalog.models import FlashSale, FlashSaleProduct, Product
from catalog.sale_records import SaleRecord
from catalog.selectors.sales import STATUS_NOW
from catalog.services import SaleDraft, change_flash_sale, create_flash_sale, end_flash_sale
from config.api.plain_lines import PlainLines
from config.kernel.errors import PreconditionFailed, StockwireError

_REFUSAL = "refusal_of_sale"  # where a request carries it from the service to the form
#: What a sale on a list's page carries besides its own fields.
_GOODS, _STATUS = "number_of_goods", "status_now"
_FIELDS = (
    "name",
    "description",
    "discount_percentage",
    "starts_at",
    "ends_at",
    "units",
    "units_per_customer",
)
#: Optional ones come empty, which is none.
_NUMBERS = ("units", "units_per_customer")


class FlashSaleForm(JudgedByServices, PlainLines, forms.ModelForm[FlashSale]):
    """A sale. ``known_change`` is when it had last changed, as the screen had it."""

    refusal: StockwireError | None = None

    products = forms.ModelMultipleChoiceField(
        queryset=Product.objects.none(),
        widget=AutocompleteSelectMultiple(FlashSaleProduct._meta.get_field("product"), admin.site),
    )
    known_change = forms.CharField(required=False, label="", widget=forms.HiddenInput)

    class Meta:
        model = FlashSale
        fields = _FIELDS
        help_texts = {
            "discount_percentage": "Off the ordinary price. Where several sales run, the best price wins.",
            "starts_at": "UTC. In the past: at once. Prices follow the clock, to the millisecond.",
            "ends_at": "UTC. From this moment the price is the ordinary one again.",
            "units": "How many may be sold at this price in all. Empty: any number.",
            "units_per_customer": "How many of them one customer may have. Empty: any number.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = self.fields["products"]
        assert isinstance(products, forms.ModelMultipleChoiceField)  # noqa: S101  it is the one above
        products.queryset = Product.objects.live()
        if not self.instance._state.adding:
            goods = self.instance.goods.filter(removed_at__isnull=True).order_by("position", "id")
            ids = list(goods.values_list("product_id", flat=True))
            self.initial["products"] = ids
            # What was archived since may stay.
            products.queryset = Product.objects.filter(Q(archived_at__isnull=True) | Q(id__in=ids))
            self.initial["known_change"] = self.instance.changed_at.isoformat()

    def _get_validation_exclusions(self) -> set[str]:
        """All of it: what the table would refuse, the services refuse in words."""
        return {field.name for field in FlashSale._meta.get_fields()}

    def clean(self) -> dict[str, Any] | None:
        if self.refusal is not None:
            raise ValidationError(self.refusal.message)
        return super().clean()

    def draft(self) -> SaleDraft:
        """What the page says that is not so yet: a moment that was left alone keeps its milliseconds."""
        given = self.cleaned_data
        named = [name for name in _FIELDS if self.instance._state.adding or name in self.changed_data]
        said: dict[str, Any] = {name: given[name] for name in named}
        if self.instance._state.adding or "products" in self.changed_data:
            # In the order in which they were chosen, which a queryset does not have.
            ids: list[str] = self.fields["products"].widget.value_from_datadict(self.data, {}, "products")
            chosen = {product.pk for product in given["products"]}
            said["product_ids"] = tuple(id_ for id_ in ids if id_ in chosen)
        return SaleDraft(**said)


@admin.register(FlashSale)
class FlashSaleAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Saved through the services, so that every listener hears of it; deleting ends it, or takes it back."""

    form = FlashSaleForm
    list_display = (
        "name",
        "discount",
        "status",
        "starts_at",
        "ends_at",
        "number_of_products",
        "units_taken",
        "units",
    )
    search_fields = ("name",)
    ordering = ("-starts_at", "-id")
    list_per_page = 50
    fields = (*_FIELDS, "products", "known_change")
    readonly_fields = ("units_taken",)
    change_form_after_template = "admin/catalog/flashsale/preview_box.html"

    @admin.display(description="Off")
    def discount(self, sale: FlashSale) -> str:
        return f"{sale.discount_percentage.normalize():f} %"

    @admin.display(description="Status")
    def status(self, sale: FlashSale) -> str:
        return str(vars(sale).get(_STATUS, "-")).capitalize()

    @admin.display(description="Products")
    def number_of_products(self, sale: FlashSale) -> int:
        return int(vars(sale).get(_GOODS, 0))

    def get_queryset(self, request: HttpRequest) -> QuerySet[FlashSale]:
        found: QuerySet[FlashSale] = super().get_queryset(request)
        goods = Count("goods", filter=Q(goods__removed_at__isnull=True))
        return found.annotate(**{_GOODS: goods, _STATUS: STATUS_NOW})

    def get_fields(self, request: HttpRequest, obj: FlashSale | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return (*self.fields, "units_taken") if obj else self.fields

    # ------------------------------------------------------------------------------------ looking ahead
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="catalog_flashsale_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the prices would be: a part of the form."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        ids, off = request.GET.getlist("product"), read_percentage(request.GET.get("percentage", ""))
        shown = {
            "prices": preview(ids, off) if off is not None else [],
            "has_more": len(ids) > MOST_PRODUCTS,
            "most": MOST_PRODUCTS,
        }
        return TemplateResponse(request, "admin/catalog/flashsale/preview.html", shown)

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
        self, request: HttpRequest, obj: FlashSale | None = None, change: bool = False, **kwargs: Any
    ) -> type[FlashSaleForm]:
        form: type[FlashSaleForm] = super().get_form(request, obj, change, **kwargs)
        form.refusal = vars(request).get(_REFUSAL)  # the class was made for this request
        return form

    def save_model(self, request: HttpRequest, obj: FlashSale, form: FlashSaleForm, change: bool) -> None:  # noqa: ARG002
        if change:
            expect = partial(_require_unchanged, form.cleaned_data["known_change"])
            change_flash_sale(sale_id=obj.pk, draft=form.draft(), expect=expect)
        else:
            obj.pk = create_flash_sale(draft=form.draft()).id

    # ------------------------------------------------------------------------------------- ending
    def get_deleted_objects(
        self,
        objs: Any,
        request: HttpRequest,  # noqa: ARG002  Django's signature
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """A sale that ends takes nothing else along."""
        names = [f"{sale.name} (ends now, or is taken back)" for sale in objs]
        return names, {"flash sales": len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: FlashSale) -> None:  # noqa: ARG002  Django's signature
        end_flash_sale(sale_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FlashSale]) -> None:  # noqa: ARG002
        for sale_id in queryset.values_list("pk", flat=True):
            end_flash_sale(sale_id=sale_id)


def _require_unchanged(known: str, record: SaleRecord) -> None:
    """Units that were sold meanwhile don't matter."""
    if record.changed_at.isoformat() != known:
        raise PreconditionFailed("Somebody has changed this sale meanwhile: load the page again")
