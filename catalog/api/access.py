"""Who may do what at the catalog's doors: anyone reads."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from catalog.errors import ProductNotFound
from catalog.selectors import Shown, product_shown, product_stamp, stamp_on_sale
from catalog.services import Expectation
from catalog.stamps import ProductStamp
from config.api.conditional import require_match
from config.api.views import ApiView
from config.identity.models import Role, Scope
from config.identity.permissions import anyone, may

#: Staff, or a shop's own server; in open mode whoever comes.
CatalogWriters = may(
    roles=(Role.ADMIN,), scopes=(Scope.CATALOG_WRITE,), open_writes=True, duty="catalog.change_product"
)
#: Staff; in open mode whoever comes.
ShopWriters = may(roles=(Role.ADMIN,), open_writes=True, duty="catalog.change_product")


class ProductApiView(ApiView):
    """An endpoint that anyone reads and ``writers`` write."""

    writers: type[BasePermission] = CatalogWriters

    def get_permissions(self) -> list[BasePermission]:
        return [anyone() if self.request.method in (*SAFE_METHODS, None) else self.writers()]


def shown_or_404(product_id: str, *, on_sale: bool = False) -> Shown:
    """The product as it stands. Raises ``ProductNotFound``."""
    shown = product_shown(product_id, on_sale=on_sale)
    if shown is None:
        raise ProductNotFound
    return shown


def require_stamp(product_id: str, *, on_sale: bool = False) -> ProductStamp:
    """Which version of the product there is. Raises ``ProductNotFound``."""
    stamp = product_stamp(product_id, on_sale=on_sale)
    if stamp is None:
        raise ProductNotFound
    return stamp


def expectation(request: Request, *, on_sale: str = "") -> Expectation:
    """``If-Match`` as the services ask it: once the product is locked, so that nothing comes between.

    ``on_sale`` is the product's id where its readers see flash sales, and thus other tags.
    """

    def expect(stamp: ProductStamp) -> None:
        if on_sale and "If-Match" in request.headers:
            stamp = stamp_on_sale(on_sale, stamp)
        require_match(request, etag=stamp.etag)

    return expect
