"""Who reads the pages in the tests, and how what they are given is taken apart."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from config.identity.models import Role, User
from config.identity.services import create_user

PASSWORD = "Grey-heron-42"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def a_user(name: str = "Carla", role: Role = Role.CUSTOMER) -> User:
    return create_user(email=f"{name.lower()}@example.com", password=PASSWORD, name=name, role=role)


def signed_in(user: User) -> Client:
    """A browser in which they have signed in on the page."""
    client = Client(headers={"User-Agent": BROWSER})
    assert client.post("/sign-in", {"email": user.email, "password": PASSWORD}).status_code == 302
    return client


def text_of(answer: HttpResponse | Any) -> str:
    """What is to be read: without tags, spaces made single."""
    page = re.sub(r"<(script|template)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def data_of(answer: HttpResponse | Any, name: str) -> Any:
    """A block of data that goes along for the modules."""
    found = re.search(
        rf'<script id="{name}" type="application/json">(.*?)</script>', answer.content.decode(), re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


def inline_code(answer: HttpResponse | Any) -> list[str]:
    """What the policy would not let run, and what would need a hole in it."""
    page = answer.content.decode()
    return re.findall(
        r'<script(?![^>]*\bsrc=)(?![^>]*\btype="application/json")[^>]*>|<[^>]*\s(?:style|on\w+)=|<style|="javascript:',
        page,
    )
