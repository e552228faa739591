"""The start: a grid whose figures change by themselves, fetched over REST and heard on `/ws`."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.generic import TemplateView

from catalog.selectors import largest_categories
from realtime.pages.policy import with_policy

# Fetched beside the first module, not after it has been read.
SHOP_MODULES = ("client", "store", "listing", "grid", "card", "sales", "status", "format")
SKELETONS = 12
# More than that is no choice but a list to scroll through; the search finds the rest.
MOST_CATEGORIES = 12


class ShopPage(TemplateView):
    """The shop as a grid whose figures change by themselves."""

    template_name = "shop.html"
    http_method_names = ["get", "head", "options"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give what the page needs before its first request."""
        return super().get_context_data(
            categories=largest_categories(limit=MOST_CATEGORIES),
            low_stock=settings.STOCKWIRE_LOW_STOCK,
            modules=[f"stockwire/{name}.js" for name in SHOP_MODULES],
            skeletons=range(SKELETONS),
            **kwargs,
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer as any view, with the page's policy."""
        response = super().dispatch(request, *args, **kwargs)
        if isinstance(response, HttpResponse):
            with_policy(response)
        return response


shop = ShopPage.as_view()
