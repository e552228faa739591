"""The only writer of the catalog, and its only publisher.

Every use case takes many products; the one for a single product is the same with a list of one, and raises
what the others answer per item. Drafts come in, outcomes go out; reading the result is ``selectors``' job.
"""

from catalog.services.archiving import archive_product, archive_products
from catalog.services.bulk import change_all, reprice_all, require_unchanged
from catalog.services.changing import Expectation, ProductChange, change_product, change_products
from catalog.services.creating import create_product, create_products
from catalog.services.drafts import (
    UNSET,
    ChoiceDraft,
    CountDraft,
    MarketDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    Unset,
    VariantDraft,
)
from catalog.services.holding import hold_product
from catalog.services.outcomes import Archived, Outcome
from catalog.services.reviewing import (
    ReviewDraft,
    ReviewExpectation,
    judge_review,
    rebuild_ratings,
    submit_review,
)
from catalog.services.sale_edges import tell_edges
from catalog.services.sale_prices import announce_sale_prices
from catalog.services.sale_rules import SaleDraft
from catalog.services.sale_units import give_back_units, take_units
from catalog.services.sales import SaleExpectation, change_flash_sale, create_flash_sale, end_flash_sale
from catalog.services.wishing import (
    MOST_WISHES,
    WishlistExpectation,
    add_wish,
    begin_wishlist,
    remove_wish,
)

__all__ = [
    "MOST_WISHES",
    "UNSET",
    "Archived",
    "ChoiceDraft",
    "CountDraft",
    "Expectation",
    "MarketDraft",
    "OptionDraft",
    "Outcome",
    "PriceDraft",
    "ProductChange",
    "ProductDraft",
    "ReviewDraft",
    "ReviewExpectation",
    "SaleDraft",
    "SaleExpectation",
    "Unset",
    "VariantDraft",
    "WishlistExpectation",
    "add_wish",
    "announce_sale_prices",
    "archive_product",
    "archive_products",
    "begin_wishlist",
    "change_all",
    "change_flash_sale",
    "change_product",
    "change_products",
    "create_flash_sale",
    "create_product",
    "create_products",
    "end_flash_sale",
    "give_back_units",
    "hold_product",
    "judge_review",
    "rebuild_ratings",
    "remove_wish",
    "reprice_all",
    "require_unchanged",
    "submit_review",
    "take_units",
    "tell_edges",
]
