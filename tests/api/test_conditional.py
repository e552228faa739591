"""304 for who is up to date, 412 for who is not; RFC 9110, section 13."""

from typing import Any

import pytest
from django.test import Client

from tests.api.answers import refused

CHANGED = "Sat, 21 Nov 2026 10:00:00 GMT"
EARLIER = "Sat, 21 Nov 2026 09:59:59 GMT"
LATER = "Sun, 22 Nov 2026 10:00:00 GMT"


def get(client: Client, **headers: str) -> Any:
    return client.get(
        "/versioned", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_an_answer_carries_both_validators(client: Client) -> None:
    answer = get(client)
    assert answer.status_code == 200
    assert (answer.headers["ETag"], answer.headers["Last-Modified"]) == ('"v7"', CHANGED)


@pytest.mark.parametrize("known", ['"v7"', 'W/"v7"', '"v6", "v7"', '"v6" , W/"v7" ,"v8"', "*", ' "v7" '])
def test_who_has_this_version_gets_304(client: Client, known: str) -> None:
    answer = get(client, If_None_Match=known)
    assert (answer.status_code, answer.content) == (304, b"")
    assert (answer.headers["ETag"], answer.headers["Last-Modified"]) == ('"v7"', CHANGED)


@pytest.mark.parametrize("known", ['"v6"', 'W/"v6", "v8"', "v7", "", '"', '"v7', "nonsense"])
def test_who_has_another_gets_this_one(client: Client, known: str) -> None:
    assert get(client, If_None_Match=known).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (CHANGED, 304),
        (LATER, 304),
        (EARLIER, 200),
        ("Saturday, 21-Nov-26 10:00:00 GMT", 304),
        ("yesterday", 200),
        ("", 200),
        ("2026-11-21T10:00:00Z", 200),
    ],
)
def test_without_a_tag_the_time_decides(client: Client, since: str, status: int) -> None:
    assert get(client, If_Modified_Since=since).status_code == status


def test_beside_a_tag_the_time_does_not_count(client: Client) -> None:
    assert get(client, If_None_Match='"v6"', If_Modified_Since=LATER).status_code == 200
    assert get(client, If_None_Match='"v7"', If_Modified_Since=EARLIER).status_code == 304


def test_head_is_answered_as_get_is(client: Client) -> None:
    assert client.head("/versioned", headers={"If-None-Match": '"v7"'}).status_code == 304


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("wanted", [None, '"v7"', '"v6", "v7"', "*"])
def test_a_write_on_the_present_version_goes_through(client: Client, method: str, wanted: str | None) -> None:
    headers = {} if wanted is None else {"If-Match": wanted}
    assert client.generic(method, "/versioned", headers=headers).status_code == 200


@pytest.mark.parametrize("wanted", ['"v6"', 'W/"v7"', "v7", "", '"v6", W/"v7"'])
def test_a_write_on_another_version_is_refused_with_the_present_tag(client: Client, wanted: str) -> None:
    answer = client.put("/versioned", headers={"If-Match": wanted})
    refused(answer, 412, "precondition_failed")
    assert answer.headers["ETag"] == '"v7"'
