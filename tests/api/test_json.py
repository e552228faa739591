"""What counts as JSON: strict, finite, each name once, of bounded depth."""

import contextlib
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from config.api.json import MAX_DEPTH, MalformedJson, read_json, write_json
from config.kernel.errors import InvalidInput
from tests.api.answers import refused

MALFORMED = [
    b" ",
    b"{",
    b'{"a":}',
    b"{'a': 1}",
    b"[1,]",
    b"nul",
    b"NaN",
    b"[Infinity]",
    b"[-Infinity]",
    b"[1e400]",
    b"[-1e400]",
    b"[" + b"9" * 5000 + b"]",
    b"[01]",
    b"[+1]",
    b"[.5]",
    b"[0x10]",
    b'"\xff\xfe"',
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b'"a\nb"',
    b'"a\x00b"',
    b"\x00",
    b"\xef\xbb\xbf{}",
    '{"a": 1}'.encode("utf-16"),
    b"{} {}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    b'{"quantity": 1, "quantity": 2}',
    b'[{"a": {"b": 1, "c": 2, "b": 1}}]',
    b'{"a": 1, "\\u0061": 2}',
    b"a=1&b=2",
    b"<xml/>",
]


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:20]))
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJson) as refusal:
        read_json(raw)
    assert refusal.value.code == "malformed_json"
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize("raw", MALFORMED[1:], ids=lambda raw: repr(raw[:20]))
def test_an_endpoint_answers_malformed_json_with_400(post: Callable[..., Any], raw: bytes) -> None:
    refused(post("/echo", raw), 400, "malformed_json")


def test_the_message_says_where_it_goes_wrong() -> None:
    with pytest.raises(MalformedJson, match=r"line 2, column \d"):
        read_json(b'{\n"a": }')


def test_a_doubled_name_is_named() -> None:
    with pytest.raises(MalformedJson, match='names "quantity" twice'):
        read_json(b'{"quantity": 1, "quantity": 2}')


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b" [1, 2.5, -0.0, 1e3] ", [1, 2.5, -0.0, 1000.0]),
        (b'{"a": null, "b": true}', {"a": None, "b": True}),
        ('"åäö 🧁"'.encode(), "åäö 🧁"),
        (b'"\\ud83e\\uddc1"', "🧁"),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b'{"a": {"a": {"a": 1}}}', {"a": {"a": {"a": 1}}}),
        (b'"\\\\u0000"', "\\u0000"),
        (b"[123456789012345678901234567890]", [123456789012345678901234567890.0]),
    ],
)
def test_what_is_json_is_read(raw: bytes, value: Any) -> None:
    assert read_json(raw) == value


def test_the_deepest_nesting_that_is_taken_is_taken() -> None:
    assert read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b'{"variants": [{"sku": "a"}, {"sku": "b\\u0000"}]}', "variants[1].sku"),
        (b'{"a\\u0000b": 1}', "body"),
        (b'"\\u0000"', "body"),
        (b'{"x": {"\\u0000": 1}}', "x"),
    ],
)
def test_nul_is_refused_where_it_stands(raw: bytes, place: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_json(raw)
    assert refusal.value.details == {place: ["must not hold the character NUL"]}
    assert refusal.value.message == f"{place}: must not hold the character NUL"


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_no_bytes_make_the_reader_raise_anything_but_a_refusal(raw: bytes) -> None:
    try:
        value = read_json(raw)
    except InvalidInput:
        return
    assert write_json(value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda children: (
        st.lists(children)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), children
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_whatever_the_standard_library_writes_is_read_as_it_was(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(json_values)
def test_whatever_is_written_is_read_as_it_was(value: Any) -> None:
    assert read_json(write_json(value)) == value


@given(json_values, st.data())
def test_a_damaged_document_is_refused_or_read_and_nothing_else(value: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(value).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(InvalidInput):
        read_json(bytes(raw))


def test_moments_decimals_and_lazy_texts_have_one_way_of_being_written() -> None:
    moment = dt.datetime(2026, 11, 21, 11, 0, 0, 1999, dt.timezone(dt.timedelta(hours=1)))
    written = write_json(
        {
            "at": moment,
            "price": Decimal("299.00"),
            "tiny": Decimal("1E-7"),
            "lazy": gettext_lazy("yes"),
            "set": {1},
            "items": iter([1, 2]),
            "pair": (1, 2),
        }
    )
    assert written == (
        b'{"at":"2026-11-21T10:00:00.001Z","price":299.00,"tiny":1E-7,"lazy":"yes",'
        b'"set":[1],"items":[1,2],"pair":[1,2]}'
    )


def test_what_has_no_json_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match="object"):
        write_json({"x": object()})


def test_a_number_that_no_double_carries_keeps_its_digits() -> None:
    sent = b'{"a": 1000000000000000.01, "b": 0.30000000000000004, "c": 9007199254740993, "d": [-1e308]}'
    assert read_json(sent) == {
        "a": Decimal("1000000000000000.01"),
        "b": 0.1 + 0.2,
        "c": 9007199254740993,
        "d": [-1e308],
    }


@pytest.mark.parametrize("raw", [b"0e99999999999999999999", b"-1e-99999999999999999999"])
def test_an_exponent_beyond_any_number_is_nothing(raw: bytes) -> None:
    assert read_json(raw) == 0
