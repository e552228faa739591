"""The arithmetic, without a database."""

from __future__ import annotations

import pytest

from config.kernel.errors import Conflict
from inventory.ledger.book import Book, Entry, Level, Shelf
from inventory.ledger.planning import Outcome, plan
from inventory.ledger.requests import (
    Count,
    Counted,
    Draw,
    EndHold,
    Move,
    OnCondition,
    Open,
    Put,
    Request,
    Touch,
    Want,
)


def level(
    location: str,
    on_hand: int,
    *,
    reserved: int = 0,
    safety: int = 0,
    priority: int = 100,
    threshold: int = 0,
) -> Level:
    return Level("v", "p", location, priority, threshold, on_hand, reserved, safety, id=1)


def book(*levels: Level, live: bool = True) -> Book:
    shelf = Shelf("v", "p", "Mug", "MUG", {"size": "M"}, live)
    for one in levels:
        shelf.put_in(one)
    return Book([shelf], default_location="main", default_threshold=5)


def decide(of: Book, request: Request) -> Outcome:
    return plan(of, [request])[0]


def test_a_sale_draws_on_the_lowest_priority_number_first_and_never_twice_on_the_same_units() -> None:
    outcome = decide(
        book(level("b", 4, priority=2), level("a", 3, priority=1), level("c", 9, priority=3)),
        Draw([Want("v", 8)]),
    )
    assert outcome.entries == (Entry("v", "a", -3), Entry("v", "b", -4), Entry("v", "c", -1))
    assert outcome.changes[0].moved == -8
    assert outcome.changes[0].available == 8


def test_wishes_for_one_location_come_first_and_leave_the_others_what_is_left() -> None:
    outcome = decide(
        book(level("a", 5, priority=1), level("b", 5, priority=2)),
        Draw([Want("v", 6), Want("v", 4, "a")]),
    )
    assert outcome.entries == (Entry("v", "a", -5), Entry("v", "b", -5))


def test_wishes_for_one_variant_are_added_up_before_they_are_judged() -> None:
    outcome = decide(book(level("a", 5)), Draw([Want("v", 3), Want("v", 3)]))
    assert outcome.refused
    assert [(one.problem, one.figure) for one in outcome.shortages] == [("out_of_stock", 5)]


def test_held_and_safety_units_are_not_sold() -> None:
    held = book(level("a", 10, reserved=4, safety=3))
    assert decide(held, Draw([Want("v", 4)])).shortages[0].figure == 3
    assert decide(held, Draw([Want("v", 3)])).entries == (Entry("v", "a", -3),)


def test_a_refused_request_leaves_the_book_to_the_next_one() -> None:
    shared = book(level("a", 5))
    outcomes = plan(shared, [Draw([Want("v", 4)]), Draw([Want("v", 2)]), Draw([Want("v", 1)])])
    assert [one.refused for one in outcomes] == [False, True, False]
    assert shared.shelf("v").levels["a"].on_hand == 0


def test_a_hold_moves_what_is_held_and_not_what_is_there() -> None:
    shared = book(level("a", 5))
    held = decide(shared, Draw([Want("v", 2)], holding=True))
    assert held.entries == (Entry("v", "a", held=2),)
    assert (held.changes[0].moved, held.changes[0].available_change) == (0, -2)
    sold = decide(shared, EndHold([Want("v", 2, "a")], selling=True))
    assert (sold.changes[0].moved, sold.changes[0].available_change) == (-2, 0)


def test_units_without_a_location_go_to_the_variants_first_one_else_to_the_shops() -> None:
    assert decide(book(), Put([Want("v", 2)])).entries == (Entry("v", "main", 2),)
    stocked = book(level("b", 0, priority=2), level("a", 0, priority=1))
    assert decide(stocked, Put([Want("v", 2)])).entries == (Entry("v", "a", 2),)


def test_a_count_moves_the_difference_and_nothing_where_there_is_none() -> None:
    outcome = decide(book(level("a", 5)), Count([Counted("v", "a", 2)]))
    assert outcome.entries == (Entry("v", "a", -3),)
    same = decide(book(level("a", 5)), Count([Counted("v", "a", 5)]))
    assert (same.entries, same.changes, same.refused) == ((), (), False)


@pytest.mark.parametrize(
    ("counted", "problem", "figure"),
    [
        (Counted("v", "a", 9, expected=4), "stale", 5),
        (Counted("v", "a", 1, expected=5), "held_stock", 2),
        (Counted("x", "a", 1), "unknown_variant", 0),
    ],
)
def test_a_count_is_refused_with_the_figure_that_it_ran_into(
    counted: Counted, problem: str, figure: int
) -> None:
    outcome = decide(book(level("a", 5, reserved=2)), Count([counted]))
    assert [(one.problem, one.figure) for one in outcome.shortages] == [(problem, figure)]


def test_two_counts_of_one_level_are_refused_however_the_level_is_named() -> None:
    outcome = decide(book(level("a", 5)), Count([Counted("v", None, 1), Counted("v", "a", 2)]))
    assert [one.problem for one in outcome.shortages] == ["duplicate_item", "duplicate_item"]


@pytest.mark.parametrize(
    ("quantity", "entries"),
    [
        (15, [Entry("v", "b", 3)]),
        (12, []),
        (10, [Entry("v", "b", -2)]),
        (4, [Entry("v", "b", -4), Entry("v", "a", -4)]),
        (3, [Entry("v", "b", -4), Entry("v", "a", -5)]),
    ],
)
def test_a_count_without_a_location_is_of_all_that_there_is(quantity: int, entries: list[Entry]) -> None:
    stocked = book(level("a", 7, reserved=2, priority=2), level("b", 5, safety=1, priority=1))
    outcome = decide(stocked, Count([Counted("v", None, quantity, expected=12)]))
    assert list(outcome.entries) == entries
    assert sum(one.on_hand for one in stocked.shelf("v").levels.values()) == quantity


@pytest.mark.parametrize(
    ("counted", "problem", "figure"),
    [(Counted("v", None, 2), "held_stock", 3), (Counted("v", None, 9, expected=5), "stale", 12)],
)
def test_a_count_without_a_location_is_refused_with_the_figure_of_all(
    counted: Counted, problem: str, figure: int
) -> None:
    stocked = book(level("a", 7, reserved=2), level("b", 5, safety=1))
    outcome = decide(stocked, Count([counted]))
    assert [(one.problem, one.figure) for one in outcome.shortages] == [(problem, figure)]


def test_a_count_of_nothing_is_a_change_where_it_opens_a_level() -> None:
    stocked = book(level("a", 5))
    opened = decide(stocked, Count([Counted("v", "b", 0)]))
    assert (opened.entries, opened.changes[0].moved) == ((), 0)
    assert opened.changes[0].on_hand == {"a": 5, "b": 0}
    assert decide(stocked, Count([Counted("v", "b", 0)])).changes == ()
    assert decide(book(), Count([Counted("v", None, 0)])).changes[0].on_hand == {"main": 0}


def test_opening_makes_the_levels_that_are_not_there() -> None:
    stocked = book(level("a", 5))
    opened = decide(stocked, Open([Want("v", 0, "b"), Want("v", 0)]))
    assert [change.on_hand for change in opened.changes] == [{"a": 5, "b": 0}]
    assert decide(stocked, Open([Want("v", 0, "b"), Want("v", 0)])).changes == ()


def test_a_move_takes_from_one_location_what_it_brings_to_the_other() -> None:
    outcome = decide(book(level("a", 5)), Move([Want("v", 5)], source="a", target="b"))
    assert outcome.entries == (Entry("v", "a", -5), Entry("v", "b", 5))
    assert (outcome.changes[0].moved, outcome.changes[0].available) == (0, 5)


def test_a_touch_moves_nothing_and_names_every_variant_that_can_be_seen() -> None:
    outcome = decide(book(level("a", 5)), Touch(["p"]))
    assert (outcome.entries, [one.variant_id for one in outcome.changes]) == ((), ["v"])
    assert decide(book(level("a", 5), live=False), Touch(["p"])).changes == ()


def test_an_archived_variant_is_not_sold_but_takes_back_what_returns() -> None:
    archived = book(level("a", 5), live=False)
    assert decide(archived, Draw([Want("v", 1)])).shortages[0].problem == "unknown_variant"
    assert not decide(archived, Put([Want("v", 1)])).refused


@pytest.mark.parametrize(
    ("before", "taken", "falls"),
    [(6, 1, True), (7, 1, False), (5, 1, False), (9, 9, True), (6, 6, True)],
)
def test_low_is_crossed_from_above_the_threshold_to_it_or_below(before: int, taken: int, falls: bool) -> None:
    outcome = decide(book(level("a", before, threshold=5)), Draw([Want("v", taken)]))
    assert bool(outcome.changes[0].falls) is falls


def test_back_is_from_none_to_some_the_first_stock_ever_included() -> None:
    assert decide(book(level("a", 0)), Put([Want("v", 1)])).changes[0].came_back
    assert not decide(book(level("a", 1)), Put([Want("v", 1)])).changes[0].came_back
    assert decide(book(), Put([Want("v", 1)])).changes[0].came_back
    assert decide(book(level("a", 2, reserved=2)), EndHold([Want("v", 2, "a")])).changes[0].came_back


def test_a_condition_is_asked_only_where_the_stock_suffices_and_refuses_its_own_request_alone() -> None:
    asked: list[str] = []
    sold_out = Conflict("No units of the sale are left")

    def agree() -> None:
        asked.append("agree")

    def refuse() -> None:
        asked.append("refuse")
        raise sold_out

    shelf = book(level("a", 5))
    requests = [
        OnCondition(Draw([Want("v", 9)]), agree),
        OnCondition(Draw([Want("v", 4)]), refuse),
        OnCondition(Draw([Want("v", 4)]), agree),
        OnCondition(Draw([Want("v", 2)]), refuse),
    ]
    short, refused, sold, late = plan(shelf, requests)
    assert asked == ["refuse", "agree"]
    assert (refused.because, refused.shortages, refused.entries) == (sold_out, (), ())
    assert [one.refused for one in (short, refused, sold, late)] == [True, True, False, True]
    assert [one.figure for one in (*short.shortages, *late.shortages)] == [5, 1]
    assert sold.entries == (Entry("v", "a", -4),)
