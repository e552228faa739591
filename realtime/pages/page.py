"""What all pages share: their policy, their language, who looks at them, and how they stay fresh."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic import View

from config.api.errors import headers_of, status_of
from config.identity.models import Role, User
from config.kernel.actors import Actor
from config.kernel.errors import NotAuthenticated, NotFound, NotPermitted, StockwireError
from orders.selectors.carts import units_in
from realtime.notifications.reading import unread_count
from realtime.pages.policy import with_policy
from realtime.pages.refusals import words_for
from realtime.pages.shopper import Shopper, renew_token, shopper_of
from realtime.pages.words import words
from realtime.selectors import current_cursor
from realtime.support.chats import open_chat_of
from realtime.support.parties import Speaker
from realtime.templatetags.shop import locale_tag

#: Pages are sent compressed (decision 0169). Their one secret, the CSRF token, is another text each time.
_compressed = GZipMiddleware(lambda _request: HttpResponse())
#: Written from right to left.
RIGHT_TO_LEFT = frozenset({"ar"})


class Page(View):
    """A page. A subclass has `get`, and `post` where something is done, and ends them with `show` or `go`.

    `template_name` is a whole page; `topics` are what it listens to on `/ws`, beside `me` for who is signed
    in.
    """

    template_name: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    topics: ClassVar[tuple[str, ...]] = ()
    #: For signed-in users alone; others are asked to sign in, and come back afterwards.
    needs_user: ClassVar[bool] = False
    #: For users of these roles alone; no roles: of any.
    roles: ClassVar[tuple[Role, ...]] = ()

    shopper: Shopper
    #: The place in the log before anything of this page was read.
    cursor: str | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the visitor's language, under the pages' policy."""
        with translation.override(language_of(request)):
            response = self._answer(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()  # here, where the language is
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        return _compressed.process_response(request, with_policy(response))

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.shopper = shopper_of(request)
        if self.needs_user and self.shopper.user is None:
            return self.go(f"{reverse('sign-in')}?{urlencode({'next': self.place()})}")
        self.cursor = current_cursor()
        try:
            self._require_role()
            response = super().dispatch(request, *args, **kwargs)
        except Http404:
            response = self.refuse(NotFound())
        except StockwireError as refusal:
            response = self.refuse(refusal)
        if isinstance(response, HttpResponse):
            renew_token(request, response, self.shopper)
        return response

    def _require_role(self) -> None:
        if self.roles and self.role not in self.roles:
            raise NotPermitted

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A form's own address, opened as a page: there is nothing to see."""
        response = self.show(
            status=405,
            template="shop/refused.html",
            title=_("This is not here"),
            problem=words_for(NotFound()),
        )
        response["Allow"] = super().http_method_not_allowed(request, *args, **kwargs)["Allow"]
        return response

    # ----------------------------------------------------------------------------------------- who asks

    @property
    def user(self) -> User:
        """Whoever is signed in, on a page that needs somebody."""
        if self.shopper.user is None:
            raise NotAuthenticated
        return self.shopper.user

    @property
    def role(self) -> str | None:
        return self.shopper.user.role if self.shopper.user else None

    @property
    def actor(self) -> Actor:
        """The same, as services know them."""
        return Actor(kind="user", id=self.user.pk)

    @property
    def speaker(self) -> Speaker:
        """The same, in support chats."""
        return Speaker(self.user.pk, self.user.role)

    # ------------------------------------------------------------------------------------------ answers

    def show(self, *, status: int = 200, template: str | None = None, **context: Any) -> TemplateResponse:
        """The page; `template` is another one than the page's own, such as a part that is fetched afresh."""
        return TemplateResponse(
            self.request, template or self.template_name, {**self.everywhere(), **context}, status=status
        )

    def refuse(self, refusal: StockwireError) -> TemplateResponse:
        """A page, or in place of a part a line, that says why not."""
        template = "shop/parts/refusal.html" if self.wants_part else "shop/refused.html"
        title = _("This is not here") if isinstance(refusal, NotFound) else _("That did not work")
        response = self.show(
            status=status_of(refusal), template=template, problem=words_for(refusal), title=title
        )
        for name, value in headers_of(refusal).items():
            response[name] = value
        return response

    def go(self, to: str) -> HttpResponse:
        """Somewhere else. A form that htmx has sent is told so in the way that it knows."""
        if self.wants_part:
            return HttpResponse(headers={"HX-Redirect": to})
        return HttpResponseRedirect(to)

    def place(self) -> str:
        """The page that the visitor looks at, as a path of ours: not its part or form that was asked for."""
        if self.request.method in ("GET", "HEAD") and not self.wants_part:
            return self.request.get_full_path()
        came_from = urlsplit(
            self.request.headers.get("HX-Current-URL") or self.request.headers.get("Referer", "")
        )
        if came_from.netloc != self.request.get_host() or not came_from.path.startswith("/"):
            return reverse("shop")
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")

    @property
    def wants_part(self) -> bool:
        """Whether htmx asks, for a part of the page."""
        return self.request.headers.get("HX-Request") == "true"

    def everywhere(self) -> dict[str, Any]:
        """What the frame of every page shows."""
        user, cart = self.shopper.user, self.shopper.cart
        chat = open_chat_of(user.pk) if user and self.shopper.is_customer else None
        language = translation.get_language() or settings.LANGUAGE_CODE
        return {
            "shopper": self.shopper,
            "title": self.title,
            "language": language,
            "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
            "languages": settings.LANGUAGES,
            "cart_units": units_in(cart) if cart else 0,
            "unread": unread_count(user.pk) if user else 0,
            "open_chat": chat,
            "topics": ",".join(
                (
                    *self.live_topics(),
                    *(("me",) if user else ()),
                    *((f"chat:{chat.pk}",) if chat else ()),
                )
            ),
            "cursor": self.cursor or "",
            "locale": locale_tag(),
            "words": words(),
        }

    def live_topics(self) -> tuple[str, ...]:
        """What this page listens to."""
        return self.topics


class Own(Page):
    """What is the visitor's own in the header, fetched when it has changed."""

    template_name = "shop/parts/own.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.show()


def language_of(request: HttpRequest) -> str:
    """What the visitor has chosen, else what their browser asks for, as far as we speak it."""
    return translation.get_language_from_request(request)
