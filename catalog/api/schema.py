"""The REST document's table of products, reviews, wishlists and flash sales."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from catalog.api import shapes
from catalog.api.catalog_serializers import (
    NamedProductSerializer,
    NewProductSerializer,
    ProductPartSerializer,
    WholeProductSerializer,
)
from catalog.api.review_views import JudgementBody, ReviewBody
from catalog.api.sale_serializers import FlashSaleSerializer
from catalog.api.shop_serializers import ShopProductSerializer
from catalog.api.wishlist_views import WishBody
from config.api.openapi import Operation, Query, Table
from config.api.openapi.fields import FieldSchema
from config.api.openapi.shapes import Amount, Moment, Schema

_CATALOG, _SHOP = "Products, catalog dialect", "Products, shop dialect"
_REVIEWS, _WISHLIST, _SALES = "Reviews", "Wishlist", "Flash sales"
_STREAMED = "Without `limit` all of them, streamed."


class ChoiceSchema(FieldSchema):
    """A choice: its multiplier has another name in each dialect."""

    target_class = "catalog.api.parts.ChoiceField"

    def schema(self, field: Any) -> Schema:
        properties = {"name": {"type": "string"}, field.multiplier: {"type": "number", "minimum": 0}}
        return {"type": "object", "properties": properties, "required": ["name"]}


_CHANGED = Operation(
    summary="Change a product",
    tag=_CATALOG,
    notes="`prices`, `variants` and `metadata` are replaced whole where they are sent; stock is a recount.",
    body=WholeProductSerializer,
    answer=shapes.CatalogProduct,
    stamped=True,
    guarded=True,
    refusals=(409,),
)
_SHOP_CHANGED = Operation(
    summary="Change a product, whole or in part",
    tag=_SHOP,
    body=ShopProductSerializer,
    answer=shapes.Product,
    stamped=True,
    guarded=True,
    refusals=(409,),
)
_JUDGED = Operation(
    summary="Let a review through, or don't",
    tag=_REVIEWS,
    body=JudgementBody,
    answer=shapes.Review,
    stamped=True,
    guarded=True,
)

TABLE: Table = {
    "/products": {
        "GET": Operation(
            summary="All products",
            tag=_CATALOG,
            notes=_STREAMED,
            answer=list[shapes.CatalogProduct],
            paged=True,
            cursor=True,
            query=(
                Query("updated_since", "Only what changed since then", Moment),
                Query("market", "Only what this market has"),
                Query("sku", "Only the product that bears it, or whose variant does"),
            ),
        ),
        "POST": Operation(
            summary="A new product",
            tag=_CATALOG,
            body=NewProductSerializer,
            status=201,
            answer=shapes.CatalogProduct,
            stamped=True,
            once=True,
            gives=("Location",),
        ),
    },
    "/products/batch": {
        "POST": Operation(
            summary="Up to 1 000 new products",
            tag=_CATALOG,
            notes="Each stands alone; results come in the order sent.",
            body=list[NewProductSerializer],
            status=201,
            answer=list[shapes.BatchResult],
            once=True,
        ),
        "PUT": Operation(
            summary="Change up to 1 000 products",
            tag=_CATALOG,
            body=list[NamedProductSerializer],
            answer=list[shapes.BatchResult],
        ),
        "DELETE": Operation(
            summary="Archive up to 1 000 products",
            tag=_CATALOG,
            body=list[str],
            body_example=["prod_0mi6v2k9q3"],
            answer=list[shapes.BatchResult],
        ),
    },
    "/products/{product_id}": {
        "GET": Operation(
            summary="One product", tag=_CATALOG, answer=shapes.CatalogProduct, conditional=True, cursor=True
        ),
        "PUT": _CHANGED,
        "PATCH": replace(_CHANGED, summary="Change part of a product", body=ProductPartSerializer),
        "DELETE": Operation(
            summary="Archive a product",
            tag=_CATALOG,
            notes="It is gone from every read, its sku is free again; its ledger and orders stay.",
            status=204,
            guarded=True,
        ),
    },
    "/api/products": {
        "GET": Operation(
            summary="The shop's products",
            tag=_SHOP,
            notes=_STREAMED,
            answer=list[shapes.ListedProduct],
            paged=True,
            cursor=True,
            query=(
                Query("category", "Only of this category"),
                Query("subcategory", "Only of this subcategory"),
                Query("search", "In name and description; typing mistakes are forgiven"),
                Query("inStock", "`true`: only what can be sold now", bool),
                Query("featured", "`true`: only what is featured", bool),
                Query("minPrice", "At least this price", Amount),
                Query("maxPrice", "At most this price", Amount),
                Query("sort", "The order", Literal["price", "-price", "newest", "rating", "name"]),
            ),
        ),
        "POST": Operation(
            summary="A new product",
            tag=_SHOP,
            notes="A price is required; a sku is made where there is none.",
            body=ShopProductSerializer,
            status=201,
            answer=shapes.Product,
            stamped=True,
            once=True,
            gives=("Location",),
        ),
    },
    "/api/products/featured": {
        "GET": Operation(
            summary="At most eight featured products",
            tag=_SHOP,
            answer=list[shapes.ListedProduct],
            cursor=True,
        )
    },
    "/api/products/{product_id}": {
        "GET": Operation(
            summary="One product", tag=_SHOP, answer=shapes.Product, conditional=True, cursor=True
        ),
        "PUT": _SHOP_CHANGED,
        "PATCH": _SHOP_CHANGED,
        "DELETE": Operation(
            summary="Archive a product", tag=_SHOP, answer=shapes.DeletedProduct, guarded=True
        ),
    },
    "/api/products/{product_id}/reviews": {
        "GET": Operation(
            summary="A product's reviews, newest first",
            tag=_REVIEWS,
            notes="The approved ones, and one's own; for staff all.",
            answer=list[shapes.Review],
            paged=True,
            cursor=True,
            query=(Query("status", "Only these", Literal["pending", "approved", "rejected"]),),
        ),
        "POST": Operation(
            summary="Write a review, one for each product",
            tag=_REVIEWS,
            body=ReviewBody,
            status=201,
            answer=shapes.Review,
            stamped=True,
            refusals=(409,),
        ),
    },
    "/api/reviews/{review_id}/status": {"PUT": _JUDGED, "PATCH": _JUDGED},
    "/api/wishlist": {
        "GET": Operation(
            summary="One's wishlist", tag=_WISHLIST, answer=shapes.Wishlist, conditional=True, cursor=True
        )
    },
    "/api/wishlist/items": {
        "POST": Operation(
            summary="Wish for a product",
            tag=_WISHLIST,
            body=WishBody,
            answer=shapes.Wishlist,
            stamped=True,
            refusals=(404, 409),
        )
    },
    "/api/wishlist/items/{product_id}": {
        "DELETE": Operation(
            summary="Wish for it no more",
            tag=_WISHLIST,
            answer=shapes.Wishlist,
            stamped=True,
            guarded=True,
        )
    },
    "/api/flash-sales": {
        "GET": Operation(
            summary="The sales that run and those that are coming",
            tag=_SALES,
            answer=list[shapes.FlashSale],
            paged=True,
            cursor=True,
        ),
        "POST": Operation(
            summary="A new sale",
            tag=_SALES,
            notes="A start in the past begins at once; an end in the past is refused.",
            body=FlashSaleSerializer,
            status=201,
            answer=shapes.FlashSale,
            stamped=True,
            once=True,
            gives=("Location",),
        ),
    },
    "/api/flash-sales/{sale_id}": {
        "GET": Operation(
            summary="One sale, also one that is over",
            tag=_SALES,
            answer=shapes.FlashSale,
            conditional=True,
            cursor=True,
        ),
        "PUT": Operation(
            summary="Change a sale",
            tag=_SALES,
            body=FlashSaleSerializer,
            answer=shapes.FlashSale,
            stamped=True,
            guarded=True,
            refusals=(409,),
        ),
        "DELETE": Operation(summary="End a sale now", tag=_SALES, status=204, guarded=True, refusals=(409,)),
    },
}

_NEW = {
    "sku": "TEE-HARBOUR",
    "base_title": "Harbour T-shirt",
    "prices": [{"currency": "EGP", "amount": 349}],
    "variants": [
        {
            "sku": "TEE-HARBOUR-M-NAVY",
            "attributes": {"size": "M", "color": "Navy"},
            "stock": [{"location_id": "main", "quantity": 12}],
        }
    ],
}

EXAMPLES: dict[Any, Any] = {
    **shapes.EXAMPLES,
    NewProductSerializer: _NEW,
    WholeProductSerializer: _NEW,
    NamedProductSerializer: {"id": "prod_0mi6v2k9q3", **_NEW},
    ProductPartSerializer: {"prices": [{"currency": "EGP", "amount": 299}]},
    ShopProductSerializer: {
        "name": "Harbour T-shirt",
        "price": 349,
        "category": "Clothes",
        "sizeVariants": [{"size": "M", "colorVariants": [{"color": "Navy", "stock": 12}]}],
    },
    ReviewBody: {"rating": 5, "title": "Keeps its shape", "comment": "Washed it ten times."},
    JudgementBody: {"status": "approved"},
    WishBody: {"productId": "prod_0mi6v2k9q3"},
    FlashSaleSerializer: {
        "name": "Harbour week",
        "discountPercentage": 20,
        "startTime": "2026-11-21T10:00:00.000Z",
        "endTime": "2026-11-28T10:00:00.000Z",
        "products": ["prod_0mi6v2k9q3"],
    },
}
