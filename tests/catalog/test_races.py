"""Two writers at once. Each race is shown to happen where its guard is taken out, and not where it is in."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.api import catalog_views, shop_views
from catalog.api.access import shown_or_404
from catalog.models import Product, Variant
from catalog.selectors import product_records
from catalog.services import changing, storing
from catalog.stock_port import stock
from config.kernel.transactions import in_transaction
from tests.catalog.conftest import caller
from tests.catalog.goods import body, draft, fresh_sku, made, version_of
from tests.inventory.crowds import somebody_waits_for_us, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("open_mode")]


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What the tasks answer, each in a thread with a connection of its own."""
    answers: list[Any] = [None] * len(tasks)

    def run(index: int) -> None:
        try:
            answers[index] = tasks[index]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def send(method: str, path: str, sent: Any, **headers: str) -> Callable[[], Any]:
    return lambda: caller(Client(raise_request_exception=False))(method, path, sent, **headers)


class Meeting:
    """Lets two threads go on only when both have come, at a point that the test chooses. Only once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self._come: list[int] = []
        self._original = getattr(owner, name)
        monkeypatch.setattr(owner, name, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._come.append(threading.get_ident())
        # Where a lock of the first holds the other off, it does not come.
        until(lambda: len(self._come) > 1 or somebody_waits_for_us())
        return self._original(*args, **kwargs)


def test_control_without_the_second_judgement_a_sku_race_is_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.services.creating.decided_by_indexes", in_transaction)
    Meeting(monkeypatch, storing, "_store_products")
    sku = fresh_sku()
    answers = at_once(*(send("POST", "/products", body(sku=sku, variants=None)) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 500]


def test_of_two_that_create_one_sku_at_once_one_is_told_that_it_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Meeting(monkeypatch, storing, "_store_products")
    sku = fresh_sku()
    answers = at_once(*(send("POST", "/products", body(sku=sku, variants=None)) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {answer.data.get("code") for answer in answers} == {None, "sku_taken"}
    assert Product.objects.filter(sku=sku).count() == 1


def test_in_a_batch_too_the_others_go_through(monkeypatch: pytest.MonkeyPatch) -> None:
    Meeting(monkeypatch, storing, "_store_products")
    shared = fresh_sku()
    batches = [[body(), body(sku=shared), body()], [body(), body(sku=shared), body()]]
    answers = at_once(*(send("POST", "/products/batch", batch) for batch in batches))
    successes = sorted([result["success"] for result in answer.data] for answer in answers)
    assert successes == [[True, False, True], [True, True, True]]
    assert Product.objects.count() == 5


def bearers_of(sku: str) -> int:
    variants = Variant.objects.filter(sku=sku, archived_at__isnull=True)
    return Product.objects.live().filter(sku=sku).count() + variants.count()


def a_product_and_a_variant(sku: str) -> list[Any]:
    variants = [{"sku": sku, "attributes": {"size": "L"}}]
    # Neither table meets the sku twice: the product's own variants have others.
    sent = (body(sku=sku), body(variants=variants))
    return at_once(*(send("POST", "/products", each) for each in sent))


def test_control_without_the_table_of_skus_a_product_and_a_variant_get_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storing, "_store_skus", lambda changes: None)
    Meeting(monkeypatch, storing, "_store_products")
    sku = fresh_sku()
    assert [answer.status_code for answer in a_product_and_a_variant(sku)] == [201, 201]
    assert bearers_of(sku) == 2


def test_of_a_product_and_a_variant_that_want_one_sku_at_once_one_is_told_that_it_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Meeting(monkeypatch, storing, "_store_products")
    sku = fresh_sku()
    answers = a_product_and_a_variant(sku)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {answer.data.get("code") for answer in answers} == {None, "sku_taken"}
    assert bearers_of(sku) == 1


def test_of_two_that_take_one_variant_id_at_once_neither_gets_the_others_variant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Meeting(monkeypatch, storing, "_store_variants")
    bodies = [body(), body()]
    for sent in bodies:
        sent["variants"][0]["id"] = "var_shared"
    answers = at_once(*(send("POST", "/products", sent) for sent in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    winner = next(answer.data for answer in answers if answer.status_code == 201)
    assert Variant.objects.get(id="var_shared").product_id == winner["id"]


def _plain(rows: Any) -> Any:
    """The same rows without the lock on them."""
    clone = rows.all()
    clone.query.select_for_update = False
    return clone


def two_titles(product_id: str, etag: str) -> list[Any]:
    path = f"/products/{product_id}"
    return at_once(
        *(send("PATCH", path, {"base_title": title}, **{"If-Match": etag}) for title in ("One", "Two"))
    )


def test_control_without_the_row_lock_an_update_is_lost_in_spite_of_if_match(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (product_id,) = made(draft())
    etag = caller(Client())("GET", f"/products/{product_id}")["ETag"]
    original = product_records
    monkeypatch.setattr(changing, "product_records", lambda rows: original(_plain(rows)))
    monkeypatch.setattr(type(stock()), "lock", lambda self, product_ids: None)
    Meeting(monkeypatch, changing, "_write")
    answers = two_titles(product_id, etag)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert version_of(product_id) == 3  # two changes, and one of them is gone


def test_of_two_writers_with_one_version_one_is_told_that_it_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (product_id,) = made(draft())
    etag = caller(Client())("GET", f"/products/{product_id}")["ETag"]
    Meeting(monkeypatch, changing, "_write")
    answers = two_titles(product_id, etag)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    winner = next(answer for answer in answers if answer.status_code == 200)
    loser = next(answer for answer in answers if answer.status_code == 412)
    assert loser["ETag"] == winner["ETag"]
    assert Product.objects.get(id=product_id).title == winner.data["base_title"]


def test_batches_that_change_the_same_products_in_opposite_order_all_go_through() -> None:
    ids = made(*(draft() for _ in range(40)))

    def batch(order: list[str], title: str) -> Any:
        items = [{"id": i, "sku": f"{title}-{i}", "base_title": title} for i in order]
        return send("PUT", "/products/batch", items)

    answers = at_once(batch(ids, "A"), batch(ids[::-1], "B"), batch(ids, "C"), batch(ids[::-1], "D"))
    assert all(result["success"] for answer in answers for result in answer.data)
    assert {version_of(product_id) for product_id in ids} == {5}


def test_sales_and_writes_of_one_product_do_not_wait_for_each_other_for_ever() -> None:
    product = caller(Client())("POST", "/products", body()).data
    variant = product["variants"][0]["id"]
    item = {"productId": product["id"], "variantId": variant, "quantity": 1}
    sales = [send("POST", "/api/stock/reduce", {"items": [item]}) for _ in range(20)]
    writes = [send("PATCH", f"/products/{product['id']}", {"base_title": f"T{n}"}) for n in range(10)]
    answers = at_once(*sales, *writes)
    assert {answer.status_code for answer in answers} == {200}
    left = stock().figures([variant])[variant].locations[0].on_hand
    assert left == 80
    assert version_of(product["id"]) == 2 + 20 + 10  # each sale and each write is one change


class Meanwhile:
    """Has another request done in a moment that the test chooses, or at least begun, if it has to wait."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, task: Callable[[], Any]
    ) -> None:
        self._original, self._task = getattr(owner, name), task
        self._thread: threading.Thread | None = None
        self.answer: Any = None
        monkeypatch.setattr(owner, name, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._thread is None:
            self._thread = thread = threading.Thread(target=self._run)
            thread.start()
            until(lambda: not thread.is_alive() or somebody_waits_for_us())
        return self._original(*args, **kwargs)

    def _run(self) -> None:
        (self.answer,) = at_once(self._task)

    def done(self) -> Any:
        assert self._thread is not None
        self._thread.join(timeout=60)
        return self.answer


@pytest.mark.parametrize(
    ("method", "path", "views", "answering"),
    [
        ("PATCH", "/products/{}", catalog_views, "answer_product"),
        ("PUT", "/api/products/{}", shop_views, "answer_shop_product"),
    ],
)
def test_a_change_that_took_effect_is_answered_though_the_product_is_deleted_next(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, views: Any, answering: str
) -> None:
    (product_id,) = made(draft())
    deletion = Meanwhile(monkeypatch, views, answering, send("DELETE", f"/products/{product_id}", None))
    answer = send(method, path.format(product_id), {"featured": True})()
    assert (answer.status_code, answer.data["featured"]) == (200, True)
    assert deletion.done().status_code == 204


@pytest.mark.parametrize(
    ("path", "sent", "views", "answering"),
    [
        (
            "/products",
            {"base_title": "A", "prices": [{"currency": "EGP", "amount": 1}]},
            catalog_views,
            "answer_product",
        ),
        ("/api/products", {"name": "A", "price": 1}, shop_views, "answer_shop_product"),
    ],
)
def test_a_creation_is_answered_though_the_product_is_deleted_next(
    monkeypatch: pytest.MonkeyPatch, path: str, sent: Any, views: Any, answering: str
) -> None:
    deletion = Meanwhile(monkeypatch, views, answering, send("DELETE", "/products/prod_known", None))
    answer = send("POST", path, {"sku": fresh_sku(), "id": "prod_known", **sent})()
    assert (answer.status_code, answer.data["id"]) == (201, "prod_known")
    assert deletion.done().status_code == 404  # for whoever deletes it meanwhile it is not there yet


def test_a_change_bears_the_tag_of_what_it_made_and_not_of_what_came_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (product_id,) = made(draft())
    path = f"/products/{product_id}"
    next_change = Meanwhile(
        monkeypatch, catalog_views, "shown_or_404", send("PATCH", path, {"base_title": "Next"})
    )
    answer = send("PATCH", path, {"base_title": "This"})()
    assert answer.data["base_title"] == "This"
    after = next_change.done()
    assert after.data["version"] == answer.data["version"] + 1
    assert send("PATCH", path, {"featured": True}, **{"If-Match": answer["ETag"]})().status_code == 412
    assert send("PATCH", path, {"featured": True}, **{"If-Match": after["ETag"]})().status_code == 200


def sizes_written_while_the_variant_is_replaced(monkeypatch: pytest.MonkeyPatch) -> tuple[str, set[str]]:
    """The id of the new variant, and those of the variants that there are in the end."""
    (product_id,) = made(draft(sizes=("M",)))
    replaced = {
        "variants": [{"id": "var_new", "sku": fresh_sku(), "attributes": {"size": "M", "fit": "slim"}}]
    }
    replacing = Meanwhile(
        monkeypatch, shop_views, "change_product", send("PATCH", f"/products/{product_id}", replaced)
    )
    sizes = [{"size": "M", "colorVariants": [{"color": "", "stock": 5}]}]
    assert send("PUT", f"/api/products/{product_id}", {"sizeVariants": sizes})().status_code == 200
    assert replacing.done().status_code == 200
    live = Variant.objects.filter(product_id=product_id, archived_at__isnull=True)
    return "var_new", set(live.values_list("id", flat=True))


def test_control_judged_before_the_lock_a_shop_write_brings_back_what_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shop_views, "hold_product", lambda *, product_id: shown_or_404(product_id))
    new, live = sizes_written_while_the_variant_is_replaced(monkeypatch)
    assert new not in live


def test_a_shop_write_means_what_it_says_of_the_product_that_it_meets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new, live = sizes_written_while_the_variant_is_replaced(monkeypatch)
    assert live == {new}
