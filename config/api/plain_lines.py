"""Texts of several lines in the console's forms: a browser sends each line's end as two characters, and the
space around a text is cut off. A text that nobody has touched is what it was all the same.
"""

from __future__ import annotations

from typing import Any

from django import forms


class PlainLines(forms.BaseForm):
    """For forms with such texts, before the form's own class."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        for name, text in cleaned.items():
            field = self.fields.get(name)
            if isinstance(text, str) and field and isinstance(field.widget, forms.Textarea):
                before = self.get_initial_for_field(field, name)
                cleaned[name] = before if _reads(before) == _reads(text) else _plain(text)
        return cleaned


class PlainModelForm(PlainLines, forms.ModelForm[Any]):
    """For an admin class that has no form of its own."""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _reads(text: Any) -> str | None:
    return _plain(text).strip() if isinstance(text, str) else None
