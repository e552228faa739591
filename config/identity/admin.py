"""The admin's doors to users and API keys. Whatever they change goes through ``services``."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.views import PasswordChangeView
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.admin import ModelAdmin
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from config.api.capped_paging import CappedChangeList, CappedPaginator
from config.identity import services
from config.identity.admin_actions import asks_for
from config.identity.duties import Duty
from config.identity.errors import LastOwner
from config.identity.models import ApiKey, Role, Scope, User
from config.identity.sessions import SIGN_IN
from config.kernel.actors import Actor

# Rights follow from the role alone; groups would only look as if they meant something.
admin.site.unregister(Group)
# Notes of ours about used tokens: who deletes one makes the token good again.
admin.site.unregister([BlacklistedToken, OutstandingToken])


def _actor(request: HttpRequest) -> Actor:
    return Actor(kind="user", id=str(request.user.pk), source="admin")


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # unfold has no types
    """The admin's form for one's own password, saved by the service: one's other sign-ins end with the old
    one. ``sign_in`` is this session's."""

    def __init__(self, *args: Any, sign_in: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sign_in = sign_in

    def save(self, commit: bool = True) -> User:  # noqa: ARG002  Django's signature
        password = self.cleaned_data["new_password1"]
        services.set_password(user=self.user, password=password, but=self._sign_in)
        user: User = self.user
        return user


def change_own_password(request: HttpRequest) -> HttpResponseBase:
    """The admin's page for it. Its own view has a form written into it, so this one stands before it in the
    paths."""
    answer: HttpResponseBase = PasswordChangeView.as_view(
        form_class=partial(OwnPasswordForm, sign_in=request.session.get(SIGN_IN, "")),
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request),
    )(request)
    return answer


class UserForm(forms.ModelForm[User]):
    """A user as staff edit one; the password can be set and not seen."""

    duties = forms.MultipleChoiceField(
        required=False,
        choices=Duty.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="For staff: what they may do here and over REST. Without any, nothing.",
    )
    new_password = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty to keep the present one; a new user without one can't sign in.",
    )

    class Meta:
        model = User
        fields = ("email", "name", "phone", "role", "duties", "is_active")

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password


@admin.register(User)
class UserAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Users and their roles. Nobody is deleted: the ledger names them. Who leaves is made inactive."""

    form = UserForm
    list_display = ("email", "name", "role", "shown_duties", "is_active", "date_joined", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name", "phone")
    ordering = ("-date_joined",)
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator
    actions = ("sign_out_everywhere",)
    readonly_fields = ("date_joined", "last_login")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:  # noqa: ARG002  Django's signature
        return CappedChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return self.readonly_fields if obj else ()

    @admin.display(description="Duties")
    def shown_duties(self, user: User) -> str:
        return ", ".join(user.duties) or "-"

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Whoever may not change users has to do with customers, and with no colleague's affairs."""
        users: QuerySet[User] = super().get_queryset(request)
        return users if self.has_change_permission(request) else users.filter(role=Role.CUSTOMER)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say what the services refuse; what they were asked before that is undone with it."""
        try:
            answer: HttpResponseBase = super().changeform_view(request, *args, **kwargs)
        except LastOwner as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def save_model(self, request: HttpRequest, obj: User, form: UserForm, change: bool) -> None:  # noqa: ARG002
        given = form.cleaned_data
        role, password = Role(given["role"]), given["new_password"] or None
        who = {"email": given["email"], "name": given["name"], "phone": given["phone"]}
        if change:
            user = services.update_user(user=obj, is_active=given["is_active"], **who)
            services.change_role(user=user, role=role)
            services.change_duties(user=user, duties=given["duties"] if role == Role.ADMIN else ())
            if password:
                services.set_password(user=user, password=password)
        else:
            user = services.create_user(password=password, role=role, duties=given["duties"], **who)
            if not given["is_active"]:
                services.update_user(user=user, is_active=False)
        obj.pk = user.pk

    @admin.action(description="Sign the selected users out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            ended = services.end_all_sign_ins(user=user)
            self.log_change(request, user, f"Signed out everywhere ({ended} sign-ins).")
        self.message_user(request, "Their tokens are refused from now on.", messages.SUCCESS)


class ApiKeyForm(forms.ModelForm[ApiKey]):
    """What a new key is asked for; the key itself is ours to make."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = ApiKey
        fields = ("name", "scopes")


_ISSUED = "issued_key"  # where a request carries it from saving to answering


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """Keys for the shop's own servers: made, shown once, revoked. Never changed, never deleted."""

    form = ApiKeyForm
    list_display = ("name", "prefix", "shown_scopes", "created_at", "last_used_at", "is_valid")
    search_fields = ("name", "prefix")
    fields = ("name", "scopes")
    actions = ("revoke",)

    @admin.display(description="Scopes")
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description="Valid", boolean=True)
    def is_valid(self, key: ApiKey) -> bool:
        return key.revoked_at is None

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:  # noqa: ARG002
        shown = ("name", "prefix", "shown_scopes", "created_by", "created_at", "last_used_at", "revoked_at")
        return shown if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:  # noqa: ARG002
        given = form.cleaned_data
        issued = services.issue_api_key(
            name=given["name"], scopes=given["scopes"], created_by=_actor(request)
        )
        obj.pk = issued.record.pk
        vars(request)[_ISSUED] = issued

    def response_add(self, request: HttpRequest, obj: ApiKey, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ARG002
        """Show the key in this answer and nowhere else; a message would leave it in a cookie or a session."""
        issued: services.IssuedKey = vars(request).pop(_ISSUED)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "The new API key",
            "opts": self.opts,
            "record": issued.record,
            "secret": issued.secret,
        }
        return TemplateResponse(request, "admin/identity/apikey/issued.html", context)

    has_revoke_permission = asks_for("identity.change_apikey")

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            services.revoke_api_key(name=key.name)
            self.log_change(request, key, "Revoked.")
        self.message_user(request, "The keys are refused from now on.", messages.SUCCESS)
