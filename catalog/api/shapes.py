"""What the catalog's doors answer, in both dialects, for the REST document; an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from config.api.openapi.shapes import Amount, Count, Moment

# ---------------------------------------------------------------------------------- catalog dialect


class CatalogPrice(TypedDict):
    currency: str
    amount: Amount


class CatalogStock(TypedDict):
    """What is on the shelf at a location."""

    location_id: str
    quantity: Count


class CatalogVariant(TypedDict):
    """A variant; `prices` of its own stand in place of the product's."""

    id: str
    sku: str
    attributes: Mapping[str, str]
    stock: list[CatalogStock]
    prices: NotRequired[list[CatalogPrice]]


class CatalogChoice(TypedDict):
    """One choice of an option, with whatever further texts describe it."""

    name: str
    price_multiplier: Amount
    servings: NotRequired[str]


class CatalogOption(TypedDict):
    name: str
    choices: list[CatalogChoice]


class CatalogMarket(TypedDict):
    market: str
    title: str
    description: str
    keywords: str


class CatalogProduct(TypedDict):
    """A product, catalog dialect. `stock` stands at the top where there are no variants."""

    id: str
    sku: str
    base_title: str
    description: str
    category: str
    subcategory: str
    image: str
    prices: list[CatalogPrice]
    variants: list[CatalogVariant]
    options: list[CatalogOption]
    metadata: list[CatalogMarket]
    available: bool
    featured: bool
    version: int
    created_at: Moment
    updated_at: Moment
    stock: NotRequired[list[CatalogStock]]


class BatchResult(TypedDict):
    """What became of one item of a batch; `error` is empty where it was done."""

    success: bool
    id: str
    error: str


# ------------------------------------------------------------------------------------- shop dialect


class ColorVariant(TypedDict):
    color: str
    stock: Count


class SizeVariant(TypedDict):
    """A size, and its colors; empty where a variant has none."""

    size: str
    colorVariants: list[ColorVariant]


class ShopVariant(TypedDict):
    """A variant; `price` is its own, where it has one."""

    id: str
    sku: str
    attributes: Mapping[str, str]
    stock: Count
    price: NotRequired[Amount]
    salePrice: NotRequired[Amount]


class Choice(TypedDict):
    """One choice of an option, with whatever further texts describe it."""

    name: str
    priceMultiplier: Amount
    servings: NotRequired[str]


class Option(TypedDict):
    """An option that has no field of its own."""

    name: str
    choices: list[Choice]


class ProductSale(TypedDict):
    """The flash sale that counts for a product at the moment."""

    _id: str
    saleId: str
    name: str
    discountPercentage: Amount
    startTime: Moment
    endTime: Moment
    soldOut: bool


class ProductReview(TypedDict):
    """An approved review, as a product carries it."""

    _id: str
    user: str
    rating: int
    title: str
    comment: str
    verifiedPurchase: bool
    date: Moment


class ListedProduct(TypedDict):
    """A product in lists. `stock` is the sum over variants and locations of what can be sold."""

    _id: str
    id: str
    sku: str
    title: str
    name: str
    description: str
    category: str
    subcategory: str
    image: str
    price: Amount
    basePrice: Amount
    currency: str
    displayCurrency: str
    salePrice: Amount | None
    flashSale: ProductSale | None
    sizeVariants: list[SizeVariant]
    variants: list[ShopVariant]
    flavors: list[Choice]
    sizes: list[Choice]
    eggOptions: list[Choice]
    options: list[Option]
    rating: Amount
    reviewCount: Count
    available: bool
    featured: bool
    stock: Count
    createdAt: Moment
    updatedAt: Moment


class Product(ListedProduct):
    """A product, shop dialect, with its newest ten approved reviews."""

    reviews: list[ProductReview]


class DeletedProduct(TypedDict):
    message: Literal["Product deleted successfully"]
    product: ListedProduct


class Review(TypedDict):
    """A review. Others see it once it is `approved`."""

    _id: str
    id: str
    productId: str
    user: str
    rating: int
    title: str
    comment: str
    status: Literal["pending", "approved", "rejected"]
    verifiedPurchase: bool
    date: Moment
    createdAt: Moment
    updatedAt: Moment


class Wish(TypedDict):
    productId: str
    name: str
    price: Amount
    currency: str
    inStock: bool
    addedAt: Moment


class Wishlist(TypedDict):
    """A customer's wishlist, whole."""

    _id: str
    id: str
    items: list[Wish]
    version: int
    updatedAt: Moment


class FlashSale(TypedDict):
    """A sale. Its price holds by the clock, from `startTime` to `endTime`; `units` bound it, where given."""

    _id: str
    id: str
    saleId: str
    name: str
    description: str
    discountPercentage: Amount
    startTime: Moment
    endTime: Moment
    products: list[str]
    status: Literal["scheduled", "running", "ended"]
    units: Count | None
    unitsPerCustomer: Count | None
    soldOut: bool


# ----------------------------------------------------------------------------------------- examples

_AT = "2026-11-21T10:00:00.000Z"

CATALOG_PRODUCT: dict[str, Any] = {
    "id": "prod_0mi6v2k9q3",
    "sku": "TEE-HARBOUR",
    "base_title": "Harbour T-shirt",
    "description": "Heavy cotton, cut straight.",
    "category": "Clothes",
    "subcategory": "T-shirts",
    "image": "/static/stockwire/demo/tee-stripe.svg",
    "prices": [{"currency": "EGP", "amount": 349}],
    "variants": [
        {
            "id": "var_0mi6v2k9q4",
            "sku": "TEE-HARBOUR-M-NAVY",
            "attributes": {"size": "M", "color": "Navy"},
            "stock": [{"location_id": "main", "quantity": 12}],
        }
    ],
    "options": [],
    "metadata": [
        {
            "market": "SE",
            "title": "T-shirt Hamn",
            "description": "Kraftig bomull.",
            "keywords": "t-shirt, bomull",
        }
    ],
    "available": True,
    "featured": False,
    "version": 3,
    "created_at": "2026-02-20T12:00:00.000Z",
    "updated_at": _AT,
}
_SALE_IN_PRODUCT = {
    "_id": "sale_0mi6v2k9q5",
    "saleId": "sale_0mi6v2k9q5",
    "name": "Harbour week",
    "discountPercentage": 20,
    "startTime": _AT,
    "endTime": "2026-11-28T10:00:00.000Z",
    "soldOut": False,
}
_LISTED: dict[str, Any] = {
    "_id": "prod_0mi6v2k9q3",
    "id": "prod_0mi6v2k9q3",
    "sku": "TEE-HARBOUR",
    "title": "Harbour T-shirt",
    "name": "Harbour T-shirt",
    "description": "Heavy cotton, cut straight.",
    "category": "Clothes",
    "subcategory": "T-shirts",
    "image": "/static/stockwire/demo/tee-stripe.svg",
    "price": 349,
    "basePrice": 349,
    "currency": "EGP",
    "displayCurrency": "L.E.",
    "salePrice": 279.2,
    "flashSale": _SALE_IN_PRODUCT,
    "sizeVariants": [{"size": "M", "colorVariants": [{"color": "Navy", "stock": 12}]}],
    "variants": [
        {
            "id": "var_0mi6v2k9q4",
            "sku": "TEE-HARBOUR-M-NAVY",
            "attributes": {"size": "M", "color": "Navy"},
            "stock": 12,
        }
    ],
    "flavors": [],
    "sizes": [],
    "eggOptions": [],
    "options": [],
    "rating": 4.5,
    "reviewCount": 2,
    "available": True,
    "featured": False,
    "stock": 12,
    "createdAt": "2026-02-20T12:00:00.000Z",
    "updatedAt": _AT,
}
_REVIEW = {
    "user": "Mona Adel",
    "rating": 5,
    "title": "Keeps its shape",
    "comment": "Washed it ten times.",
    "verifiedPurchase": True,
    "date": _AT,
}

EXAMPLES: dict[Any, Any] = {
    CatalogProduct: CATALOG_PRODUCT,
    BatchResult: {"success": True, "id": "prod_0mi6v2k9q3", "error": ""},
    ListedProduct: _LISTED,
    Product: {**_LISTED, "reviews": [{"_id": "rev_0mi6v2k9q6", **_REVIEW}]},
    DeletedProduct: {"message": "Product deleted successfully", "product": _LISTED},
    Review: {
        "_id": "rev_0mi6v2k9q6",
        "id": "rev_0mi6v2k9q6",
        "productId": "prod_0mi6v2k9q3",
        **_REVIEW,
        "status": "pending",
        "createdAt": _AT,
        "updatedAt": _AT,
    },
    Wishlist: {
        "_id": "wish_0mi6v2k9q7",
        "id": "wish_0mi6v2k9q7",
        "items": [
            {
                "productId": "prod_0mi6v2k9q3",
                "name": "Harbour T-shirt",
                "price": 349,
                "currency": "EGP",
                "inStock": True,
                "addedAt": _AT,
            }
        ],
        "version": 1,
        "updatedAt": _AT,
    },
    FlashSale: {
        **_SALE_IN_PRODUCT,
        "id": "sale_0mi6v2k9q5",
        "description": "A fifth off, while it lasts.",
        "products": ["prod_0mi6v2k9q3"],
        "status": "running",
        "units": 100,
        "unitsPerCustomer": 2,
    },
}
