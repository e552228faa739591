"""A product's page as it comes from the server: what one reads, chooses and sends without JavaScript."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import FlashSale, Review, ReviewStatus
from catalog.services import ChoiceDraft, OptionDraft, ReviewDraft, judge_review, submit_review
from catalog.services.wishing import add_wish
from config.identity.models import Role, User
from realtime.pages.product import RELATED, REVIEWS
from tests.catalog.goods import ACTOR, draft, made
from tests.catalog.sales import on_sale
from tests.orders.shop import cake, mug, shirt
from tests.realtime.pages.readers import a_user, inline_code, signed_in, text_of

pytestmark = pytest.mark.django_db


def page_of(client: Client, product_id: str, query: str = "", status: int = 200) -> Any:
    answer = client.get(f"/p/{product_id}{query}")
    assert answer.status_code == status
    return answer


def radios(answer: Any, name: str) -> list[str]:
    """The values of a group of radio buttons, a star before the one that is chosen."""
    found = re.findall(
        rf'<input[^>]*type="radio" name="{name}"[^>]*value="([^"]*)"([^>]*)>', answer.content.decode()
    )
    return [("*" if " checked" in rest else "") + value for value, rest in found]


def written(product_id: str, number: int, *, approved: bool = True) -> User:
    user = a_user(f"Writer{number}")
    review = submit_review(
        product_id=product_id,
        user_id=user.pk,
        draft=ReviewDraft(rating=4, title=f"Title {number}", comment="So <b>good</b>"),
    )
    if approved:
        judge_review(review_id=review.id, to=ReviewStatus.APPROVED, actor=ACTOR)
    return user


# ------------------------------------------------------------------------------------ reading


def test_it_shows_what_there_is(client: Client) -> None:
    thing = mug(title="Blue <Mug>", stock=3, description="First.\n\nSecond <b>line</b>.")
    answer = page_of(client, thing.id)
    text = text_of(answer)
    assert "Blue <Mug>" in text
    assert "EGP 100.00" in text
    assert "Only 3 left" in text
    assert "First. Second <b>line</b>." in text
    assert "<p>First.</p>" in answer.content.decode()
    assert "No reviews yet." in text
    assert inline_code(answer) == []
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert f'data-topics="product:{thing.id},flash_sales"' in answer.content.decode()


def test_a_form_sends_a_variant_and_the_colours_are_groups(client: Client) -> None:
    thing = shirt()
    red_m, blue_m, red_l = thing.variants
    answer = page_of(client, thing.id)
    page = answer.content.decode()
    assert radios(answer, "variantId") == [red_m, red_l, blue_m]
    assert re.findall(r'data-name="([^"]*)"', page) == ["Red", "Blue"]
    assert '<form action="/cart/items" method="post"' in page
    assert f'<input type="hidden" name="productId" value="{thing.id}">' in page
    assert "from EGP 250.00" in text_of(answer)
    assert "30 in stock" in text_of(answer)
    chosen = page_of(client, thing.id, f"?variantId={red_l}")
    assert radios(chosen, "variantId") == [red_m, f"*{red_l}", blue_m]
    assert "EGP 300.00" in text_of(chosen)
    assert "10 in stock Quantity" in text_of(chosen)
    # What there is not is not chosen.
    assert radios(page_of(client, thing.id, "?variantId=var_1"), "variantId") == [red_m, red_l, blue_m]


def test_choices_say_what_they_do_to_the_price(client: Client) -> None:
    thing = cake()
    answer = page_of(client, thing.id)
    assert radios(answer, "option_flavors") == ["*Vanilla", "Hazelnut"]
    assert radios(answer, "option_sizes") == ["*1/2 kg", "1 kg"]
    text = text_of(answer)
    assert ("EGP 420.00" in text, "Hazelnut +15%" in text, "1 kg +80%" in text) == (True, True, True)
    query = "?option_flavors=Hazelnut&option_sizes=1+kg&option_eggOptions=none&quantity=3"
    answer = page_of(client, thing.id, query)
    assert radios(answer, "option_flavors") == ["Vanilla", "*Hazelnut"]
    assert radios(answer, "option_eggOptions") == ["*With egg", "Eggless"]
    # 420 x 1.15 x 1.8, as the cart has it.
    assert "EGP 869.40" in text_of(answer)
    assert 'name="quantity" id="quantity" value="3"' in answer.content.decode()


@pytest.mark.parametrize("quantity", ["0", "-1", "1e9", "99999", "\u0663", "x", "%00"])
def test_a_quantity_that_is_none_is_one(client: Client, quantity: str) -> None:
    page = page_of(client, mug().id, f"?quantity={quantity}").content.decode()
    assert 'name="quantity" id="quantity" value="1"' in page


def test_a_running_sale_strikes_the_price_and_says_until_when(client: Client) -> None:
    thing = cake()
    sale = on_sale(thing.id, off="12.5", name="Night <sale>")
    answer = page_of(client, thing.id, "?option_sizes=1+kg")
    text = text_of(answer)
    # 420 x 1.8 = 756, less an eighth.
    assert "EGP 661.50 Before: EGP 756.00" in text
    assert "Night <sale> \u221212.5% until" in text
    page = answer.content.decode()
    until = re.search(r'data-buy-part="countdown"><time datetime="([^"]+)">until ', page)
    assert until is not None
    ends = dt.datetime.fromisoformat(until[1])
    assert abs(ends - sale.ends_at) < dt.timedelta(seconds=1)
    assert 'data-off="12.50"' in page


def test_a_sale_whose_units_are_gone_says_that(client: Client) -> None:
    thing = mug(title="Mug")
    sale = on_sale(thing.id, off="20", units=1)
    FlashSale.objects.filter(id=sale.id).update(units_taken=1)
    text = text_of(page_of(client, thing.id))
    assert "Sold out at the sale's price" in text
    assert ("EGP 80.00" in text, "EGP 100.00" in text) == (False, True)


def test_what_is_not_for_sale_or_sold_out_can_not_be_taken(client: Client) -> None:
    out, off = mug(stock=0), mug(available=False)
    for thing, words in ((out, "Sold out"), (off, "Not for sale at the moment")):
        answer = page_of(client, thing.id)
        assert words in text_of(answer)
        assert '<button class="main" data-buy-part="add" disabled>' in answer.content.decode()


def test_a_picture_of_another_server_is_not_shown(client: Client) -> None:
    thing = mug(title="Tin Mug", image="https://images.example/mug.jpg")
    answer = page_of(client, thing.id)
    assert "images.example" not in answer.content.decode()
    assert '<span class="initials" aria-hidden="true">TM</span>' in answer.content.decode()
    own = mug(image="/static/stockwire/icon.svg")
    assert '<img src="/static/stockwire/icon.svg"' in page_of(client, own.id).content.decode()


@pytest.mark.parametrize("product_id", ["prod_nothing", "a%00b", "x" * 300, "%F0%9F%98%80"])
@pytest.mark.parametrize("part", ["", "/buy", "/reviews"])
def test_an_unknown_product_is_a_404_in_the_frame(client: Client, product_id: str, part: str) -> None:
    answer = client.get(f"/p/{product_id}{part}")
    assert answer.status_code == 404
    assert "This is not here" in text_of(answer)
    assert 'class="brand"' in answer.content.decode()
    fetched = client.get(f"/p/{product_id}{part}", headers={"HX-Request": "true"})
    assert fetched.status_code == 404
    assert "<html" not in fetched.content.decode()


def test_an_archived_product_is_gone(client: Client) -> None:
    thing = mug()
    thing.archive()
    page_of(client, thing.id, status=404)


def test_more_of_its_kind_comes_with_it(client: Client) -> None:
    this, near, far, *_rest = made(
        draft(title="Rye", category="Bakery", subcategory="Bread"),
        draft(title="Spelt", category="Bakery", subcategory="Bread"),
        draft(title="Tart", category="Bakery", subcategory="Cakes"),
        draft(title="Off", category="Bakery", subcategory="Bread", available=False),
        draft(title="Boot", category="Shoes", subcategory="Bread"),
    )
    found = re.findall(r'<a data-part="link"[^>]*href="/p/([^"]+)"', page_of(client, this).content.decode())
    assert found == [near, far]
    assert "More like this" not in text_of(page_of(client, mug(title="Alone").id))
    made(*(draft(title=f"Roll {n}", category="Bakery", subcategory="Rolls") for n in range(RELATED + 2)))
    found = re.findall(r'<a data-part="link"[^>]*href="/p/([^"]+)"', page_of(client, this).content.decode())
    assert (found[0], len(found)) == (near, RELATED)


def test_the_part_that_is_fetched_afresh_keeps_what_was_chosen(client: Client) -> None:
    thing = cake()
    answer = client.get(
        f"/p/{thing.id}/buy?option_flavors=Hazelnut&quantity=2", headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert radios(answer, "option_flavors") == ["Vanilla", "*Hazelnut"]
    assert "<html" not in answer.content.decode()


def test_the_queries_do_not_grow(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    thing = mug(category="Mugs")
    with django_assert_num_queries(7):
        page_of(client, thing.id)
    full = shirt(
        category="Mugs", options=(OptionDraft("engraving", (ChoiceDraft("none"), ChoiceDraft("name"))),)
    )
    on_sale(full.id, thing.id)
    for number in range(REVIEWS + 1):
        written(full.id, number)
    made(*(draft(title=f"Mug {n}", category="Mugs", sizes=("S", "L")) for n in range(5)))
    with django_assert_num_queries(8):
        page_of(client, full.id)
    with django_assert_num_queries(4):
        client.get(f"/p/{full.id}/buy", headers={"HX-Request": "true"})


def test_it_speaks_the_visitors_language(client: Client) -> None:
    thing = mug()
    answer = client.get(f"/p/{thing.id}", headers={"Accept-Language": "ar-EG"})
    assert '<html lang="ar" dir="rtl">' in answer.content.decode()
    assert "\u200f100.00 ج.م." in text_of(answer)


# ----------------------------------------------------------------------------------- wishing


def test_a_customer_wishes_and_others_are_told_how(client: Client) -> None:
    thing = mug()
    carla = a_user()
    browser = signed_in(carla)
    assert (
        '<form class="wish" method="post" action="/wishlist/items" '
        in page_of(browser, thing.id).content.decode()
    )
    add_wish(user_id=carla.pk, product_id=thing.id)
    page = page_of(browser, thing.id).content.decode()
    assert f'action="/wishlist/items/{thing.id}/remove"' in page
    assert 'aria-pressed="true"' in page
    assert f'href="/sign-in?next=/p/{thing.id}"' in page_of(client, thing.id).content.decode()
    assert 'class="wish"' not in page_of(signed_in(a_user("Sara", Role.ADMIN)), thing.id).content.decode()


# ----------------------------------------------------------------------------------- reviews


def test_approved_reviews_are_read_by_pages(client: Client) -> None:
    thing = mug()
    for number in range(REVIEWS + 2):
        written(thing.id, number)
    written(thing.id, 99, approved=False)
    answer = page_of(client, thing.id)
    text = text_of(answer)
    assert f"4 of {REVIEWS + 2} reviews" in text
    assert "So <b>good</b>" in text
    assert re.findall(r"Title (\d+)", text) == [str(n) for n in range(REVIEWS + 1, 1, -1)]
    older = re.search(r'<a rel="next" href="/p/[^?"]+(\?[^#"]+)#reviews"', answer.content.decode())
    assert older is not None
    second = page_of(client, thing.id, older[1])
    assert re.findall(r"Title (\d+)", text_of(second)) == ["1", "0"]
    assert "Newest reviews" in text_of(second)
    assert re.findall(r"Title (\d+)", text_of(page_of(client, thing.id, "?reviews=nonsense"))) == [
        str(n) for n in range(REVIEWS + 1, 1, -1)
    ]
    part = client.get(f"/p/{thing.id}/reviews", headers={"HX-Request": "true"})
    assert re.findall(r"Title (\d+)", text_of(part)) == [str(n) for n in range(REVIEWS + 1, 1, -1)]


def test_a_customers_review_waits_for_approval(client: Client) -> None:
    thing = mug()
    browser = signed_in(a_user())
    assert "Write a review" in text_of(page_of(browser, thing.id))
    said = {"rating": "4", "title": " Good <b>mug</b>", "comment": "First.\nSecond."}
    answer = browser.post(f"/p/{thing.id}/reviews", said)
    assert (answer.status_code, answer["Location"]) == (302, f"/p/{thing.id}#reviews")
    review = Review.objects.get()
    assert (review.rating, review.comment, review.status) == (4, "First.\nSecond.", "pending")
    text = text_of(page_of(browser, thing.id))
    assert "Your review is waiting for approval." in text
    assert "Write a review" not in text
    # Nobody else reads it, and nobody writes twice.
    assert "waiting" not in text_of(page_of(client, thing.id))
    assert browser.post(f"/p/{thing.id}/reviews", said).status_code == 302
    assert "You have reviewed this product already." in text_of(page_of(browser, thing.id))
    assert Review.objects.count() == 1
    judge_review(review_id=review.id, to=ReviewStatus.REJECTED, actor=ACTOR)
    assert "Your review was not published." in text_of(page_of(browser, thing.id))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"rating": "0"},
        {"rating": "6"},
        {"rating": "four"},
        {"rating": "4", "title": "x" * 201},
        {"rating": "4", "comment": "x" * 4001},
        {"rating": "4", "title": "a\x07b"},
        {"rating": "4", "comment": "a\x00b"},
    ],
)
def test_a_review_that_is_none_is_refused_with_what_was_written(client: Client, said: dict[str, str]) -> None:
    thing = mug()
    browser = signed_in(a_user())
    answer = browser.post(f"/p/{thing.id}/reviews", {"comment": "Kept words", **said})
    assert answer.status_code == 400
    assert 'class="problem"' in answer.content.decode()
    assert ("Kept words" in text_of(answer)) == ("comment" not in said)
    assert Review.objects.count() == 0


def test_guests_sign_in_first_and_staff_write_none(client: Client) -> None:
    thing = mug()
    said = {"rating": "5"}
    answer = client.post(f"/p/{thing.id}/reviews", said)
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next=/p/{thing.id}")
    for role in (Role.ADMIN, Role.TAILOR, Role.DELIVERY):
        browser = signed_in(a_user(role.value, role))
        assert "Write a review" not in text_of(page_of(browser, thing.id))
        answer = browser.post(f"/p/{thing.id}/reviews", said)
        assert answer.status_code == 403
        assert "Only customers write reviews." in text_of(answer)
    assert Review.objects.count() == 0
    carla = signed_in(a_user())
    assert carla.post("/p/prod_nothing/reviews", said).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/p/{thing.id}/reviews", said).status_code == 403
