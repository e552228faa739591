"""Benchmarks: `make bench-fanout`. Events are put together as the shop does it: that needs Django set up."""

import os

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
