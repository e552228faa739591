"""The account: what users change of themselves, and signing out everywhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.api.addresses import client_address
from config.api.errors import status_of
from config.identity import services as identity
from config.identity.models import User
from config.kernel.errors import StockwireError
from realtime.pages.fields import TextField
from realtime.pages.page import Page
from realtime.pages.refusals import words_for
from realtime.pages.shopper import end_session, sign_in_of
from realtime.pages.signing_in import say_refusal


class ProfileForm(forms.Form):
    name = TextField(
        label=gettext_lazy("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = TextField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class PasswordForm(forms.Form):
    currentPassword = forms.CharField(  # noqa: N815  as refusals name it
        label=gettext_lazy("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class Account(Page):
    """Both forms, and whichever was sent with what is wrong with it."""

    template_name = "shop/account.html"
    title = gettext_lazy("Account")
    needs_user = True

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = ProfileForm(request.POST)
        if form.is_valid() and self._change(form, **form.cleaned_data):
            messages.success(request, _("Saved."))
            return self.go(reverse("account"))
        return self._shown(profile=form)

    def _change(self, form: forms.Form, **said: Any) -> bool:
        """Whether it was changed; else the form says why not."""
        try:
            user = identity.change_own_profile(
                user=self.user,
                sign_in=sign_in_of(self.request),
                address=client_address(self.request),
                guard=_anybody,
                **said,
            )
        except StockwireError as refusal:
            refused = type(refusal).__name__
            if refused == "EmailTaken":
                form.add_error("email", words_for(refusal))
            else:
                say_refusal(form, refusal)
            self._status = status_of(refusal)
            return False
        if "new_password" in said:
            # The session of this browser goes on; all others have ended with their sign-ins.
            update_session_auth_hash(self.request, user)
        return True

    _status = 400

    def _shown(
        self, profile: ProfileForm | None = None, password: PasswordForm | None = None
    ) -> HttpResponse:
        user = self.user
        known = {"name": user.name, "phone": user.phone, "email": user.email}
        return self.show(
            profile=profile or ProfileForm(initial=known),
            password=password or PasswordForm(auto_id="password_%s"),
            status=self._status if profile or password else 200,
        )


class ChangePassword(Account):
    """Another password, which ends all other sign-ins."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = PasswordForm(request.POST, auto_id="password_%s")
        if form.is_valid() and self._change(
            form,
            new_password=identity.NewPassword(
                form.cleaned_data["password"], current=form.cleaned_data["currentPassword"]
            ),
        ):
            messages.success(
                request, _("Your password has been changed. Everywhere else you are signed out.")
            )
            return self.go(reverse("account"))
        return self._shown(password=form)


class SignOutEverywhere(Page):
    """Every sign-in of the user ends, this one too."""

    http_method_names = ["post", "options"]
    needs_user = True

    def post(self, request: HttpRequest) -> HttpResponseBase:
        identity.end_all_sign_ins(user=self.user)
        response = self.go(reverse("sign-in"))
        end_session(request, response)
        return response


def _anybody(_present: User) -> None:
    """No version is expected: whoever saves last has the last word on their own name."""
