"""Fills an empty database: products on the shelf, shoppers with sign-ins, and their tokens.

    python -m tests.benchmarks.checkout.goods --products 32 --shoppers 240

prints one JSON object: `{"products": ["prod_…"], "scarce": "prod_…", "tokens": ["…"]}`. It runs in the
environment of the server, whose key signs the tokens.
"""

import argparse
import datetime as dt
import json

from django.utils import timezone

from catalog.api.catalog_serializers import NewProductSerializer, draft_of
from catalog.services import create_products
from config.identity.models import SignIn, User
from config.identity.tokens import issue_token
from config.kernel.actors import SYSTEM

SIZES = ("41", "42", "43")
PLENTY = 1_000_000
SCARCE = 100
#: Lists have twenty of them on a page; there are some more.
LEAST_PRODUCTS = 60


def make_products(count: int) -> list[str]:
    """Make so many products of three sizes, in two places; the last has few of each."""
    bodies = [_body(number, SCARCE if number == count - 1 else PLENTY) for number in range(count)]
    drafts = [draft_of(NewProductSerializer().run_validation(body)) for body in bodies]
    outcomes = create_products(drafts=drafts, actor=SYSTEM)
    assert all(outcome.refusal is None for outcome in outcomes)
    return [str(outcome.product_id) for outcome in outcomes]


def make_shoppers(count: int) -> list[str]:
    """Make customers who have signed in; give a token of each."""
    users = [
        User(email=f"shopper-{number}@shop.example", name=f"Shopper {number}", password="!")
        for number in range(count)
    ]
    User.objects.bulk_create(users)
    ends = timezone.now() + dt.timedelta(days=30)
    sign_ins = [SignIn(user=user, expires_at=ends) for user in users]
    SignIn.objects.bulk_create(sign_ins)
    return [issue_token(user=sign_in.user, sign_in=sign_in) for sign_in in sign_ins]


def _body(number: int, units: int) -> dict[str, object]:
    sku = f"SHOE-{number:03d}"
    return {
        "sku": sku,
        "base_title": f"Trail runner {number}",
        "description": "A light shoe for the hills, with a sole that holds on wet stone." * 3,
        "category": "shoes",
        "image": f"https://shop.example/images/{sku}.jpg",
        "prices": [{"currency": "EGP", "amount": 1290.5}, {"currency": "EUR", "amount": 24.9}],
        "metadata": [{"market": "EG", "title": f"Trail runner {number}"}],
        "variants": [
            {
                "sku": f"{sku}-{size}",
                "attributes": {"size": size, "color": "Midnight blue"},
                "stock": [{"location_id": "main", "quantity": units}]
                + ([{"location_id": "warehouse", "quantity": units}] if units > SCARCE else []),
            }
            for size in SIZES
        ],
    }


def main() -> None:
    """Fill it, and say with what."""
    parser = argparse.ArgumentParser(prog="goods", description=__doc__)
    parser.add_argument("--products", type=int, required=True)
    parser.add_argument("--shoppers", type=int, required=True)
    options = parser.parse_args()
    *products, scarce = make_products(max(options.products, LEAST_PRODUCTS) + 1)
    tokens = make_shoppers(options.shoppers)
    print(json.dumps({"products": products, "scarce": scarce, "tokens": tokens}))  # noqa: T201  the answer


if __name__ == "__main__":
    main()
