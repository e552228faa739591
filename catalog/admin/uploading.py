"""Another shop system's export, uploaded: the same import as `manage.py import_products`, and its report."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from catalog.importing.report import Remark, Report
from catalog.importing.running import Import
from catalog.services.rules import MAX_PLACE
from config.kernel.actors import Actor
from config.kernel.money import CURRENCIES

LARGEST = 16 * 1024 * 1024


class ShopifyForm(forms.Form):
    """What the command takes as options."""

    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget)
    currency = forms.CharField(
        label="Currency of its prices", max_length=3, widget=UnfoldAdminTextInputWidget
    )
    location = forms.CharField(
        label="Location of its stock",
        required=False,
        max_length=MAX_PLACE,
        help_text="Empty: the shop's first.",
        widget=UnfoldAdminTextInputWidget,
    )
    update_stock = forms.BooleanField(
        label="Count what is stocked already, too", required=False, widget=UnfoldBooleanWidget
    )
    dry_run = forms.BooleanField(
        label="Only try: write nothing", required=False, initial=True, widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].initial = settings.STOCKWIRE_CURRENCY

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(
                f"is over {LARGEST // 1024 // 1024} MB: use manage.py import_products"
            )
        return file

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).strip().upper()
        if currency not in CURRENCIES:
            raise forms.ValidationError("is no currency code of ISO 4217")
        return currency

    def clean_location(self) -> str | None:
        location = str(self.cleaned_data["location"])
        if location and not location.isprintable():
            raise forms.ValidationError("must be printable")
        return location or None


def import_upload(request: HttpRequest, form: ShopifyForm) -> Report:
    """Import what was uploaded; what it says of its rows names the file as it was called."""
    given = form.cleaned_data
    file: UploadedFile[Any] = given["file"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.csv"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        report = Import(
            actor=Actor(kind="user", id=str(request.user.pk), source="import"),
            currency=given["currency"],
            location_id=given["location"],
            update_stock=given["update_stock"],
            dry_run=given["dry_run"],
        ).run([path])
    called = str(file.name)
    report.refused = [_renamed(remark, called) for remark in report.refused]
    report.notes = [_renamed(remark, called) for remark in report.notes]
    report.unreadable = [text.replace(str(path), called) for text in report.unreadable]
    return report


def _renamed(remark: Remark, called: str) -> Remark:
    return replace(remark, file=called)
