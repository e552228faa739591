"""Lies in wait in a server's process."""

from __future__ import annotations

from django.apps import AppConfig


class FatalConfig(AppConfig):
    name = "tests.clients.fatal"
    label = "fatal"

    def ready(self) -> None:
        from tests.clients.fatal.steps import lie_in_wait

        lie_in_wait()
