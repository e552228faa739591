"""A product's page: what it is, what it costs as it is chosen, how much there is now, what others say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.errors import AlreadyReviewed, ProductNotFound
from catalog.records import ReviewRecord
from catalog.selectors import Shown, product_shown, products_shown
from catalog.selectors.related import with_related
from catalog.selectors.reviews import approved_reviews, review_by, review_records
from catalog.selectors.wishlists import is_wished
from catalog.services import ReviewDraft, submit_review
from catalog.services.reviewing import MAX_COMMENT, MAX_TITLE
from config.api.paging import InvalidCursor, page_after
from config.kernel.clock import now
from config.kernel.errors import StockwireError
from config.kernel.ids import MAX_ID_LENGTH
from realtime.pages.goods import card_of, hue_of, initials, own_image
from realtime.pages.offered import offered
from realtime.pages.page import Page
from realtime.pages.signing_in import say_refusal
from realtime.views_seen import count_view, is_looked_at

RELATED = 4
REVIEWS = 5
#: Where in the address the older reviews begin.
OLDER = "reviews"

_STARS = {
    5: gettext_lazy("5, excellent"),
    4: gettext_lazy("4, good"),
    3: gettext_lazy("3, fair"),
    2: gettext_lazy("2, poor"),
    1: gettext_lazy("1, bad"),
}


class ReviewForm(forms.Form):
    """A review as it is written; what is one, the service says."""

    rating = forms.TypedChoiceField(
        label=gettext_lazy("Your rating"),
        choices=[(str(stars), words) for stars, words in _STARS.items()],
        coerce=int,
        widget=forms.RadioSelect(attrs={"class": "visually-hidden"}),
    )
    title = forms.CharField(label=gettext_lazy("In short"), required=False, max_length=MAX_TITLE)
    comment = forms.CharField(
        label=gettext_lazy("Your review"),
        required=False,
        strip=False,
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class _OfProduct(Page):
    """Whatever lies under a product's path: one that there is not is a 404 in the frame."""

    product_id: str = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.product_id = kwargs.pop("product_id")
        return super().dispatch(request, *args, **kwargs)

    def live_topics(self) -> tuple[str, ...]:
        return (f"product:{self.product_id}", "flash_sales") if self._can_be() else ()

    def missing(self) -> HttpResponseBase:
        template = "shop/parts/gone.html" if self.wants_part else "shop/missing.html"
        return self.show(template=template, status=404, title=_("Not found"), topics="")

    def _can_be(self) -> bool:
        return len(self.product_id) <= MAX_ID_LENGTH and self.product_id.isprintable()

    def _shown(self) -> Shown | None:
        return product_shown(self.product_id, on_sale=True) if self._can_be() else None

    # ---------------------------------------------------------------------------------- reviews

    def reviews(self, shown: Shown, *, form: ReviewForm | None = None) -> dict[str, Any]:
        """What the reviews' part shows."""
        rows, older = self._page_of_reviews()
        found = {review.id: review for review in rows}
        own = self._own_review()
        return {
            "product": shown.record,
            "reviews": list(found.values()),
            "older": older and f"?{OLDER}={older}",
            "is_later_page": OLDER in self.request.GET,
            "own_review": own,
            "form": form or (ReviewForm() if self.shopper.is_customer and own is None else None),
        }

    def _page_of_reviews(self) -> tuple[list[ReviewRecord], str | None]:
        path = reverse("product-page", args=[self.product_id])
        asked = {"order": ["-created_at", "-id"], "limit": REVIEWS, "path": path}
        rows = approved_reviews(self.product_id)
        keys = rows.values("id", "created_at")
        try:
            page, older = page_after(keys, cursor=self.request.GET.get(OLDER), **asked)  # type: ignore[arg-type]  # as they are named
        except InvalidCursor:
            page, older = page_after(keys, cursor=None, **asked)  # type: ignore[arg-type]  # as above
        return review_records(
            rows.filter(id__in=[row["id"] for row in page]).order_by("-created_at", "-id")
        ), older

    def _own_review(self) -> ReviewRecord | None:
        user = self.shopper.user
        if user is None or not self.shopper.is_customer:
            return None
        return review_by(product_id=self.product_id, user_id=user.pk)


class ProductPage(_OfProduct):
    """The page itself."""

    template_name = "shop/product.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        context = self.context()
        if context is None:
            return self.missing()
        if is_looked_at(request):
            user = self.shopper.user
            record = context["product"]
            count_view(
                product_id=record.id, category=record.category[:100], user_id=user.pk if user else None
            )
        return self.show(**context)

    def context(self, form: ReviewForm | None = None) -> dict[str, Any] | None:
        """All that the page shows; ``None``: there is no such product."""
        shown, related = self._with_related()
        if shown is None:
            return None
        record, host, user = shown.record, self.request.get_host(), self.shopper.user
        return {
            **buying(shown, self.request),
            **self.reviews(shown, form=form),
            "title": record.title,
            "image": own_image(record.image, host=host),
            "initials": initials(record.title),
            "hue": hue_of(record.title),
            "low_stock": settings.STOCKWIRE_LOW_STOCK,
            "related": [card_of(one, host=host) for one in related],
            "is_wished": bool(user and self.shopper.is_customer)
            and is_wished(user_id=user.pk if user else "", product_id=record.id),
        }

    def _with_related(self) -> tuple[Shown | None, list[Shown]]:
        """The product and its like, read together."""
        ids = with_related(self.product_id, limit=RELATED) if self._can_be() else []
        shown = list(products_shown(ids, on_sale=True))
        if not shown or shown[0].record.id != self.product_id:
            return None, []
        return shown[0], shown[1:]


class BuyPart(_OfProduct):
    """Price, choices and stock, fetched when something else than the stock has changed; the name and the
    description come with it, to their places."""

    template_name = "shop/parts/buy_afresh.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        shown = self._shown()
        return self.missing() if shown is None else self.show(**buying(shown, request))


class ReviewsPart(ProductPage):
    """The reviews, fetched when there is a new one, with what they come to; and a customer's own."""

    template_name = "shop/parts/reviews_afresh.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        shown = self._shown()
        return self.missing() if shown is None else self.show(**self.reviews(shown))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        user = self.shopper.user
        page = reverse("product-page", args=[self.product_id])
        if user is None:
            return self.go(f"{reverse('sign-in')}?next={page}")
        form = ReviewForm(request.POST)
        if not self.shopper.is_customer:
            form.is_valid()
            form.add_error(None, _("Only customers write reviews."))
            return self._again(form, status=403)
        if not form.is_valid():
            return self._again(form, status=400)
        try:
            submit_review(product_id=self.product_id, user_id=user.pk, draft=ReviewDraft(**form.cleaned_data))
        except ProductNotFound:
            return self.missing()
        except AlreadyReviewed:
            messages.error(request, _("You have reviewed this product already."))
        except StockwireError as refusal:
            say_refusal(form, refusal)
            return self._again(form, status=400)
        return self.go(f"{page}#reviews")

    def _again(self, form: ReviewForm, *, status: int) -> HttpResponseBase:
        context = self.context(form)
        if context is None:
            return self.missing()
        return self.show(template=ProductPage.template_name, status=status, **context)


def buying(shown: Shown, request: HttpRequest) -> dict[str, Any]:
    """What the buying part shows, for the choices that its address bears."""
    return {"product": shown.record, "offer": offered(shown, request.GET.dict()), "now": now()}
