"""A bare array that is written while it is read."""

from collections.abc import Iterator
from itertools import count, islice

import orjson
import pytest

from config.api.streaming import json_array


@pytest.mark.parametrize("items", [[], [1], [1, {"a": 2}, "c"], list(range(50_000))])
def test_the_pieces_are_one_array(items: list[object]) -> None:
    answer = json_array(orjson.dumps(item) for item in items)
    assert orjson.loads(answer.getvalue()) == items
    assert answer.headers["Content-Type"] == "application/json"


def test_nothing_is_read_ahead_of_the_client() -> None:
    read: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in count():
            read.append(number)
            yield b"1" * 1000

    pieces = list(islice(iter(json_array(endless()).streaming_content), 2))  # type: ignore[arg-type]
    assert 120 < len(read) < 140
    assert all(60_000 < len(piece) < 70_000 for piece in pieces)


def test_what_is_wrong_from_the_start_is_raised_while_a_status_can_say_so() -> None:
    with pytest.raises(ZeroDivisionError):
        json_array(b"%d" % (1 // divisor) for divisor in (0, 1))


def test_half_a_list_never_looks_like_a_whole_one() -> None:
    def failing() -> Iterator[bytes]:
        yield b"1"
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        json_array(failing()).getvalue()
