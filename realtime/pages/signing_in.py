"""Signing in and out on a page. The forms ask; the services of `config.identity` decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from config.api.addresses import client_address
from config.identity import services as identity
from config.kernel.errors import StockwireError
from realtime.pages.page import Page
from realtime.pages.shopper import begin_session, end_session


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class RegisterForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    phone = forms.CharField(
        label=_("Phone"), max_length=40, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class _Door(Page):
    form_class: type[forms.Form]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if self.shopper.user is not None:
            return self.go(after_signing_in(request))
        return self._form(self.form_class())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self._form(form, status=400)
        try:
            signed_in = self.enter(form.cleaned_data, client_address(request))
        except StockwireError as refusal:
            say_refusal(form, refusal)
            return self._form(form, status=400)
        response = self.go(after_signing_in(request))
        begin_session(request, response, signed_in)
        return response

    def enter(self, said: dict[str, Any], address: str) -> identity.SignedIn:
        raise NotImplementedError

    def _form(self, form: forms.Form, *, status: int = 200) -> HttpResponse:
        return self.show(form=form, next=after_signing_in(self.request), status=status)


class SignInPage(_Door):
    """For everybody who has an account; staff come to the admin from here too."""

    template_name = "shop/sign_in.html"
    title = _("Sign in")
    form_class = SignInForm

    def enter(self, said: dict[str, Any], address: str) -> identity.SignedIn:
        return identity.sign_in(**said, address=address)


class RegisterPage(_Door):
    """Becoming a customer."""

    template_name = "shop/register.html"
    title = _("Create an account")
    form_class = RegisterForm

    def enter(self, said: dict[str, Any], address: str) -> identity.SignedIn:
        return identity.register(**said, address=address)


class SignOut(Page):
    """Signing out here, and nowhere else."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        response = self.go(reverse("shop"))
        end_session(request, response)
        return response


def after_signing_in(request: HttpRequest) -> str:
    """Where to go then: a path of ours that was asked for, else the start."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe and wanted.startswith("/") else reverse("shop")


def say_refusal(form: forms.Form, refusal: StockwireError) -> None:
    """Put a refusal beside the fields that it names, else above the form."""
    for field, problems in (refusal.extra.get("details") or {}).items():
        if field in form.fields:
            for problem in problems:
                form.add_error(field, problem)
    if not form.errors:
        form.add_error(None, refusal.message)
