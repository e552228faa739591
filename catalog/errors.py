"""What the catalog refuses, beside what the kernel's tree has already. No HTTP here."""

from __future__ import annotations

from config.kernel.errors import Conflict, InvalidInput, NotFound


def invalid(place: str, text: str) -> InvalidInput:
    """One mistake and its place."""
    return InvalidInput(f"{place}: {text}", details={place: [text]})


class ProductNotFound(NotFound):
    """No such product, or it was archived."""

    message = "Product not found"


class SkuTaken(Conflict):
    """Another live product or variant bears this sku."""

    code = "sku_taken"

    def __init__(self, sku: str, *, place: str) -> None:
        text = f"{sku!r} is taken"
        super().__init__(f"{place}: {text}", details={place: [text]})


class IdTaken(Conflict):
    """The id belongs to another product or variant, archived ones included."""

    code = "id_taken"

    def __init__(self, taken_id: str, *, place: str) -> None:
        text = f"{taken_id!r} is taken"
        super().__init__(f"{place}: {text}", details={place: [text]})


class StockHeld(Conflict):
    """A count below what is held for somebody or kept as safety stock."""

    code = "held_stock"

    def __init__(self, held: int, *, place: str) -> None:
        text = f"{held} of it are held and can't be counted away"
        super().__init__(f"{place}: {text}", details={place: [text]}, extra={"held": held})


class ReviewNotFound(NotFound):
    """No such review."""

    message = "Review not found"


class AlreadyReviewed(Conflict):
    """The customer has said something of this product before, whatever became of it."""

    code = "already_reviewed"
    message = "You have reviewed this product already"


class NotWished(NotFound):
    """The product is not in the wishlist."""

    code = "not_wished"
    message = "This product is not in your wishlist"


class WishlistFull(Conflict):
    """There is no room for one more wish."""

    code = "wishlist_full"

    def __init__(self, most: int) -> None:
        super().__init__(f"A wishlist has at most {most} products")
