"""Fields take what they are and nothing else."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from config.api import fields
from config.api.json import read_json, write_json
from config.kernel.clock import iso, parse_iso
from config.kernel.money import MAX_AMOUNT


def reason(field: "serializers.Field[Any, Any, Any, Any]", value: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        field.run_validation(value)
    detail: Any = refusal.value.detail
    return str(detail[0])


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (dt.datetime(1, 1, 1, tzinfo=dt.UTC), "0001-01-01T00:00:00.000Z"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC), "9999-12-31T23:59:59.999Z"),
        (
            dt.datetime(2026, 11, 26, 1, 2, 3, 4_999, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "2026-11-25T23:02:03.004Z",
        ),
    ],
)
def test_a_moment_is_written_with_four_digits_of_its_year_and_three_of_its_second(
    moment: dt.datetime, written: str
) -> None:
    assert iso(moment) == written
    assert parse_iso(written) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.mark.parametrize("value", ["5", "", None, [], {}, True, False, 1.5, 0.1, -0.5])
def test_only_a_whole_number_is_an_integer(value: Any) -> None:
    expected = "This field may not be null." if value is None else "must be a whole number"
    assert reason(fields.StrictIntegerField(), value) == expected


@pytest.mark.parametrize(("value", "taken"), [(5, 5), (5.0, 5), (-3, -3), (0, 0), (-0.0, 0), (1e3, 1000)])
def test_a_number_without_a_fraction_is_an_integer_however_it_is_written(value: float, taken: int) -> None:
    result = fields.StrictIntegerField().run_validation(value)
    assert (result, type(result)) == (taken, int)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "must be at least 1"),
        (-1, "must be at least 1"),
        (1_000_001, "must be at most 1000000"),
        (1e300, "must be at most 1000000"),
        (-1e300, "must be at least 1"),
        (1.5, "must be a whole number"),
        ("2", "must be a whole number"),
    ],
)
def test_a_quantity_is_from_one_to_a_million(value: Any, expected: str) -> None:
    assert reason(fields.QuantityField(), value) == expected


def test_the_ends_of_a_quantity_and_of_a_count_are_taken() -> None:
    assert [fields.QuantityField().run_validation(n) for n in (1, 1_000_000)] == [1, 1_000_000]
    assert [fields.CountField().run_validation(n) for n in (0, 1_000_000_000)] == [0, 1_000_000_000]


@pytest.mark.parametrize(
    ("value", "expected"), [(-1, "must be at least 0"), (1_000_000_001, "must be at most 1000000000")]
)
def test_a_count_is_from_nothing_to_a_billion(value: int, expected: str) -> None:
    assert reason(fields.CountField(), value) == expected


@pytest.mark.parametrize("value", ["true", 1, 0, "", [], 1.0])
def test_only_true_and_false_are_booleans(value: Any) -> None:
    assert reason(fields.StrictBooleanField(), value) == "must be true or false"
    assert fields.StrictBooleanField().run_validation(False) is False


@pytest.mark.parametrize("value", [5, 5.5, True, [], {}, ["a"]])
def test_only_a_string_is_a_text(value: Any) -> None:
    assert reason(fields.StrictCharField(), value) == "must be a string"


@pytest.mark.parametrize("text", [" a ", "é", "🧁", "a\u200db", "<b>", "'; DROP TABLE", "\u00a0x"])
def test_a_text_is_kept_to_the_letter(text: str) -> None:
    assert fields.StrictCharField().run_validation(text) == text


@pytest.mark.parametrize("text", ["a\x00", "a\x07b", "\x1b[31m", "a\x7f", "a\x85b", "\ud800", "a\nb", "a\tb"])
def test_control_characters_are_refused(text: str) -> None:
    assert reason(fields.StrictCharField(), text) == "must not hold control characters"


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\tb"])
def test_a_longer_text_may_have_lines(text: str) -> None:
    assert fields.StrictCharField(multiline=True).run_validation(text) == text


def test_a_longer_text_may_not_ring_the_bell() -> None:
    assert reason(fields.StrictCharField(multiline=True), "a\x07") == "must not hold control characters"


@pytest.mark.parametrize("text", ["", "   ", "\u00a0"])
def test_a_text_that_says_nothing_is_empty(text: str) -> None:
    assert reason(fields.StrictCharField(), text) == "must not be empty"
    assert fields.StrictCharField(allow_blank=True).run_validation(text) == text


def test_a_text_has_the_length_that_its_place_allows() -> None:
    assert reason(fields.StrictCharField(max_length=3), "abcd") == "must have at most 3 characters"
    assert reason(fields.StrictCharField(min_length=3), "ab") == "must have at least 3 characters"
    assert reason(fields.IdField(), "x" * 65) == "must have at most 64 characters"
    assert fields.IdField().run_validation("60d21b4667d0d8992e610c85") == "60d21b4667d0d8992e610c85"


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        (b"299.00", "299.0000"),
        (b"0", "0.0000"),
        (b"0.1", "0.1000"),
        (b"19.99", "19.9900"),
        (b"0.30000000000000004", "0.3000"),
        (b"1.1500000000000001", "1.1500"),
        (b"0.10000000000000001", "0.1000"),
        (b"12345678901.2345", "12345678901.2345"),
        (b"9999999999999999", "9999999999999999.0000"),
        (b"1e2", "100.0000"),
        (b"100000000000000.0", "100000000000000.0000"),
        (b"123456789012.345", "123456789012.3450"),
        (b"0.1000000000000000055511151231257827", "0.1000"),
    ],
)
def test_an_amount_is_exact(raw: bytes, amount: str) -> None:
    assert str(fields.AmountField().run_validation(read_json(raw))) == amount


@pytest.mark.parametrize(
    "raw",
    [
        b"12345678901234.56",
        b"99999999999999.99",
        b"1000000000000000.01",
        b"1000000000000000.1",
        b"123456789012.12345",
        b"9007199254740993.0",
    ],
)
def test_an_amount_whose_digits_a_double_would_alter_is_refused_and_never_rounded(raw: bytes) -> None:
    expected = "must have at most 15 digits: a JSON number carries no more exactly"
    assert reason(fields.AmountField(), read_json(raw)) == expected


@given(st.decimals(0, MAX_AMOUNT, places=4) | st.decimals(0, MAX_AMOUNT, places=2))
def test_an_amount_in_json_is_taken_to_the_last_digit_or_refused(amount: Decimal) -> None:
    try:
        taken = fields.AmountField().run_validation(read_json(str(amount).encode()))
    except ValidationError:
        return
    assert taken == amount
    assert Decimal(write_json(fields.AmountField().to_representation(taken)).decode()) == amount


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.01, "must be at least 0"),
        (-1, "must be at least 0"),
        ("1.00", "must be a number"),
        (True, "must be a number"),
        ([], "must be a number"),
        (1.23456, "must have at most 4 decimals"),
        (1e-5, "must have at most 4 decimals"),
        (5e-324, "must have at most 4 decimals"),
        (1e17, "is too large"),
        (1e308, "is too large"),
        (10**18, "is too large"),
    ],
)
def test_an_amount_that_is_none_is_refused(value: Any, expected: str) -> None:
    assert reason(fields.AmountField(), value) == expected


@given(st.decimals(0, 99_999_999_999, places=4))
def test_every_amount_of_fifteen_digits_comes_through_json_as_it_is(amount: Decimal) -> None:
    carried = write_json(float(amount))
    assert fields.AmountField().run_validation(read_json(carried)) == amount


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64))
def test_an_amount_is_taken_or_refused_whatever_the_number(value: float) -> None:
    try:
        amount = fields.AmountField().run_validation(value)
    except ValidationError:
        return
    assert 0 <= amount <= MAX_AMOUNT
    assert amount.as_tuple().exponent == -4


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_quantity_is_taken_or_refused_whatever_the_number(value: float) -> None:
    try:
        quantity = fields.QuantityField().run_validation(value)
    except ValidationError:
        assert value != int(value) or not 1 <= value <= 1_000_000
        return
    assert quantity == value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z"),
        ("2026-11-21T12:00:00.5+02:00", "2026-11-21T10:00:00.500Z"),
        ("2026-11-21", "2026-11-21T00:00:00.000Z"),
        ("2026-11-21T10:00:00", "2026-11-21T10:00:00.000Z"),
    ],
)
def test_a_moment_is_taken_with_any_offset_and_shown_in_utc(text: str, written: str) -> None:
    field = fields.MomentField()
    moment = field.run_validation(text)
    assert moment.utcoffset() == dt.timedelta(0)
    assert field.to_representation(moment) == written


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-13-01", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+23:00", 1763719200, None],
)
def test_what_is_no_moment_is_refused(value: Any) -> None:
    expected = "This field may not be null." if value is None else "must be an ISO 8601 date and time"
    assert reason(fields.MomentField(), value) == expected


@given(st.text())
def test_a_moment_is_taken_or_refused_whatever_the_text(text: str) -> None:
    try:
        assert fields.MomentField().run_validation(text).tzinfo is dt.UTC
    except ValidationError:
        return
