"""What the catalog refuses, beside what the kernel's tree has already. No HTTP here."""

from __future__ import annotations

from collections.abc import Mapping

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


class FlashSaleNotFound(NotFound):
    """No such flash sale, or it was taken back before it began."""

    code = "unknown_flash_sale"
    message = "Flash sale not found"


class SaleOver(Conflict):
    """What is over stays as it was."""

    code = "sale_over"
    message = "The flash sale is over"


class SaleRunning(Conflict):
    """It has begun, and everybody was told when."""

    code = "sale_running"
    message = "The flash sale is running: its start can't be moved"


class UnitsTaken(Conflict):
    """Fewer units than were sold in it already."""

    code = "units_taken"

    def __init__(self, taken: int) -> None:
        super().__init__(f"{taken} units were sold in it already", extra={"taken": taken})


class SaleUnitsShort(Conflict):
    """More than a sale, or a customer's share of it, has ``left``: of each sale of which it was too much."""

    code = "flash_sale_limit"
    message = "The flash sale has not so many units left"

    def __init__(self, left: Mapping[str, int]) -> None:
        self.left = dict(left)
        super().__init__()
