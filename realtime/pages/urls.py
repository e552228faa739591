"""The pages' paths. What is fetched afresh, or sent by a form, lies under its page's own path."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from realtime.pages.home import shop
from realtime.pages.page import Own
from realtime.pages.product import BuyPart, ProductPage, ReviewsPart
from realtime.pages.signing_in import RegisterPage, SignInPage, SignOut

urlpatterns = [
    path("", shop, name="shop"),
    path("p/<str:product_id>", ProductPage.as_view(), name="product-page"),
    path("p/<str:product_id>/buy", BuyPart.as_view(), name="product-buy"),
    path("p/<str:product_id>/reviews", ReviewsPart.as_view(), name="product-reviews"),
    path("language", set_language, name="language"),
    path("own", Own.as_view(), name="own"),
    path("sign-in", SignInPage.as_view(), name="sign-in"),
    path("register", RegisterPage.as_view(), name="register"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
]
