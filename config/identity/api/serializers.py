"""What ``/api/auth`` takes, and the user as it answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.api.fields import StrictCharField
from config.identity.models import User
from config.identity.tokens import LONGEST_TOKEN

_LONGEST_EMAIL = 254
_LONGEST_NAME = 150
_LONGEST_PHONE = 40


class PasswordField(StrictCharField):
    """A password as it was typed; tabs and line breaks too. Whether it is a good one is the validators'
    business."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 1_000, "multiline": True, **kwargs})


class RegisterSerializer(serializers.Serializer[Any]):
    """A new customer."""

    name = StrictCharField(max_length=_LONGEST_NAME)
    email = StrictCharField(max_length=_LONGEST_EMAIL)
    phone = StrictCharField(max_length=_LONGEST_PHONE, allow_blank=True)
    password = PasswordField()


class LoginSerializer(serializers.Serializer[Any]):
    """Somebody who says who they are. An address that is none belongs to nobody, and is no mistake here."""

    email = StrictCharField(max_length=_LONGEST_EMAIL)
    password = PasswordField()


class RefreshTokenSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refreshToken = StrictCharField(max_length=LONGEST_TOKEN)  # noqa: N815  the contract's name


class ProfileSerializer(serializers.Serializer[Any]):
    """What users may change of themselves; a password with the present one beside it."""

    name = StrictCharField(max_length=_LONGEST_NAME, required=False)
    email = StrictCharField(max_length=_LONGEST_EMAIL, required=False)
    phone = StrictCharField(max_length=_LONGEST_PHONE, allow_blank=True, required=False)
    password = PasswordField(required=False)
    currentPassword = PasswordField(required=False)  # noqa: N815  in the style of the contract

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "password" in attrs and "currentPassword" not in attrs:
            raise serializers.ValidationError({"currentPassword": "required"})
        return attrs


def shown_user(user: User) -> dict[str, str]:
    """The user as the contract shows them."""
    return {
        "_id": user.pk,
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "role": user.role,
    }
