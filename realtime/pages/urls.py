"""The pages' paths. What is fetched afresh, or sent by a form, lies under its page's own path."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from realtime.pages import account, cart, checkout, notices, paying, support, tracker, wishlist, work
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
    path("register", RegisterPage.as_view(), name="register-page"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("account", account.Account.as_view(), name="account"),
    path("account/password", account.ChangePassword.as_view(), name="change-password"),
    path("account/sign-out-everywhere", account.SignOutEverywhere.as_view(), name="sign-out-everywhere"),
    path("cart", cart.CartPage.as_view(), name="cart"),
    path("cart/lines", cart.CartLines.as_view(), name="cart-lines"),
    path("cart/items", cart.AddItem.as_view(), name="cart-add"),
    path("cart/items/<slug:item_id>", cart.ChangeQuantity.as_view(), name="cart-quantity"),
    path("cart/items/<slug:item_id>/remove", cart.RemoveItem.as_view(), name="cart-remove"),
    path("checkout", checkout.Checkout.as_view(), name="checkout"),
    path("checkout/summary", checkout.CheckoutSummary.as_view(), name="checkout-summary"),
    path("orders", tracker.Orders.as_view(), name="orders"),
    path("orders/<str:order_id>", tracker.OrderPage.as_view(), name="order"),
    path("orders/<str:order_id>/state", tracker.OrderState.as_view(), name="order-state"),
    path("orders/<str:order_id>/cancel", tracker.CancelOrder.as_view(), name="order-cancel"),
    path("orders/<str:order_id>/pay", paying.Pay.as_view(), name="pay"),
    path("wishlist", wishlist.WishlistPage.as_view(), name="wishlist"),
    path("wishlist/items", wishlist.AddWish.as_view(), name="wish-add"),
    path("wishlist/items/<str:product_id>/remove", wishlist.RemoveWish.as_view(), name="wish-remove"),
    path("notifications", notices.Notifications.as_view(), name="notifications"),
    path("notifications/read", notices.ReadAll.as_view(), name="notifications-read"),
    path("notifications/<slug:notification_id>/read", notices.ReadOne.as_view(), name="notification-read"),
    path("notifications/<slug:notification_id>/toast", notices.Toast.as_view(), name="toast"),
    path("support", support.Support.as_view(), name="support"),
    path("support/bubble", support.Bubble.as_view(), name="support-bubble"),
    path("support/chats", support.OpenChat.as_view(), name="support-open"),
    path("support/chats/<slug:chat_id>", support.ChatHead.as_view(), name="support-chat"),
    path("support/chats/<slug:chat_id>/messages", support.ChatMessages.as_view(), name="support-messages"),
    path("support/chats/<slug:chat_id>/write", support.WriteMessage.as_view(), name="support-write"),
    path("support/chats/<slug:chat_id>/close", support.CloseChat.as_view(), name="support-close"),
    path("work", work.Work.as_view(), name="work"),
    path("work/<str:order_id>", work.TakeStep.as_view(), name="work-step"),
]
