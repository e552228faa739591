"""Users and keys for the tests, and the paths on which they are tried."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.identity.models import Role, Scope, User
from config.identity.services import create_user, issue_api_key
from config.kernel.actors import SYSTEM
from tests.identity.visitors import PASSWORD, Visitor


@pytest.fixture(autouse=True)
def test_paths(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.api.endpoints"
    settings.STOCKWIRE_OPEN_WRITES = False


@pytest.fixture
def shop_paths(test_paths: None, settings: Settings) -> None:
    """The shop's own paths, in place of the tests'."""
    settings.ROOT_URLCONF = "config.urls"


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def user_in(db: None) -> Callable[[Role], User]:
    """Makes a user in a role."""

    def make(role: Role) -> User:
        return create_user(email=f"{role}@example.com", password=PASSWORD, role=role)

    return make


@pytest.fixture
def customer(user_in: Callable[[Role], User]) -> User:
    return user_in(Role.CUSTOMER)


@pytest.fixture
def staff(user_in: Callable[[Role], User]) -> User:
    return user_in(Role.ADMIN)


@pytest.fixture
def key_with(db: None) -> Callable[..., str]:
    """Makes an API key with some scopes."""

    def make(*scopes: Scope, name: str = "shop") -> str:
        return issue_api_key(name=name, scopes=scopes, created_by=SYSTEM).secret

    return make


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def ada(visitor: Visitor) -> dict[str, Any]:
    """What Ada was answered when she registered."""
    body: dict[str, Any] = visitor.register().json()
    return body
