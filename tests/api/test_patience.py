"""Statements of a request end by themselves; a command's take as long as they take."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from config.api import patience
from config.settings.base import database

pytestmark = pytest.mark.django_db(transaction=True)


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (shown,) = cursor.fetchone() or ("",)
    return str(shown)


def within_request(client: Client) -> Any:
    connection.close()
    return client.get("/database")


def test_a_connection_that_a_request_opens_has_a_limit(client: Client) -> None:
    assert within_request(client).status_code == 200
    assert limit() == "30s"
    connection.close()
    assert limit() == "0"


def test_a_statement_that_takes_too_long_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 1)
    within_request(client)
    with pytest.raises(Exception, match="statement timeout"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    connection.close()


def test_a_server_that_went_without_a_word_is_given_up_in_seconds() -> None:
    options = database("postgresql://shop@db.example/shop")["OPTIONS"]
    assert options["tcp_user_timeout"] == 5000
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] < 15
    assert database("postgresql://db/shop?keepalives_idle=60")["OPTIONS"]["keepalives_idle"] == "60"
