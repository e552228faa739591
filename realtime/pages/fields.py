"""Form fields as the REST doors take them (`config.api.fields`): texts are kept to the letter, and bear no
control characters."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_LINES = frozenset("\n\r\t")


class TextField(forms.CharField):
    """A text with something in it, unless it is not required. Lines only where ``lines``."""

    def __init__(self, *, lines: int = 0, **kwargs: Any) -> None:
        self.lines = lines
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": lines}))
        super().__init__(**{"strip": False, **kwargs})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if self.required and not text.strip():
            raise ValidationError(self.error_messages["required"], code="required")
        taken = _LINES if self.lines else frozenset()
        if any(unicodedata.category(c) == "Cc" and c not in taken for c in text):
            raise ValidationError(_("Leave out what is no text."), code="control")
        return text
