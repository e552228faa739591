"""What decides without asking anybody: topics, addresses, signatures, the pace, the lanes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from realtime import registry
from realtime.webhooks import addresses, signing, topics
from realtime.webhooks.lanes import Item, Lanes
from realtime.webhooks.pace import Pace

ALLOWED = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("127.0.0.0/8"))

# ------------------------------------------------------------------------------------------ topics


@pytest.mark.parametrize("topic", ["*", "order.*", "order.placed", "stock.reduced", "order.status_changed"])
def test_these_are_topics_and_mean_something(topic: str) -> None:
    assert topics.is_topic(topic)
    assert topics.unknown([topic]) == []


@pytest.mark.parametrize(
    "topic",
    ["", "order.", "order*", "*.placed", "Order.placed", "order..placed", "a b", "x" * 65, "order.*.*"],
)
def test_these_are_none(topic: str) -> None:
    assert not topics.is_topic(topic)


def test_a_topic_that_means_no_event_is_told_from_one_that_does() -> None:
    assert topics.unknown(["order.paid", "orders.*", "order.*", "typing"]) == [
        "order.paid",
        "orders.*",
        "typing",
    ]


def test_a_prefix_means_what_begins_with_it_and_a_dot() -> None:
    assert topics.matches(["order.*"], "order.placed")
    assert not topics.matches(["order.*"], "orders.placed")
    assert not topics.matches(["order.*"], "order")
    assert topics.matches(["stock.low", "*"], "whatever")
    assert topics.log_types(["*", "order.placed"]) is None
    assert topics.log_types(["order.placed"]) == ["order.placed"]


def test_what_goes_out_under_another_name_is_read_from_the_log_under_its_own() -> None:
    """An announcement of stock goes out as the event that it names."""
    assert "stock.announced" in (topics.log_types(["stock.reduced"]) or [])


def test_what_only_tells_others_of_an_event_is_no_topic_and_not_read() -> None:
    assert {"wishers.price_dropped", "wishers.stock_back"} == registry.REPEATING
    assert topics.unknown(["wishers.*", *registry.REPEATING, "price.dropped"]) == [
        "wishers.*", *registry.REPEATING
    ]  # fmt: skip
    assert topics.log_types(["price.dropped", "stock.back"]) == ["price.dropped", "stock.back"]
    assert topics.log_types(["price.*"]) == ["price.dropped"]
    assert not any(map(topics.is_told, registry.REPEATING))
    assert topics.is_told("price.dropped")


# --------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "192.0.2.1",
    ],
)  # fmt: skip
def test_nothing_connects_to_these(address: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(address))
    problem = addresses.problem_with(ipaddress.ip_address(address), networks=(), encrypted=True)
    assert problem is not None


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_these_may_be_connected_to_and_only_with_tls(address: str) -> None:
    found = ipaddress.ip_address(address)
    assert addresses.problem_with(found, networks=(), encrypted=True) is None
    assert addresses.problem_with(found, networks=ALLOWED, encrypted=False) is not None


def test_a_private_network_that_is_allowed_may_be_reached_and_no_other() -> None:
    for address, may in {
        "10.1.2.3": True,
        "::ffff:10.1.2.3": True,
        "10.2.0.1": False,
        "169.254.169.254": False,
    }.items():
        problem = addresses.problem_with(ipaddress.ip_address(address), networks=ALLOWED, encrypted=False)
        assert (problem is None) == may, address


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example", "ftp://shop.example/", "http://shop.example/", "https:///x", "https://",
        "https://user:secret@shop.example/", "https://user@shop.example/", "https://shop.example/#x",
        "https://shop.example:99999/", "https://shop.example/a b", "https://shop.example\\@10.0.0.1/",
        "https://shöp.example/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest", "https://shop.example/\n", "https://[::1/",
        "https://x.example/" + "a" * 1000, "https://shop.example:0/", "https://0x7f000001/", "https://0/",
        "https://2130706433/", "https://127.1/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://a.0x1/",
        "https://%31%32%37.0.0.1/", "https://localhost/", "https://LOCALHOST./", "https://x.localhost/",
        "https://./", "https://a..b/", "https://-a.example/", "https://[v1.x]/",
        f"https://{'a' * 64}.example/", "https://" + "a." * 127 + "example/",
    ],
)  # fmt: skip
def test_these_urls_are_refused(url: str) -> None:
    assert addresses.problem_of(url, networks=()) is not None


def test_this_machine_has_a_name_where_its_network_is_allowed() -> None:
    assert addresses.problem_of("http://localhost:9/x", networks=ALLOWED) is None
    assert addresses.problem_of("http://localhost:9/x", networks=ALLOWED[:1]) is not None


def test_a_good_url_is_taken_and_one_without_tls_where_private_networks_are_allowed() -> None:
    assert addresses.problem_of("https://shop.example:8443/hooks?shop=1", networks=()) is None
    assert addresses.problem_of("HTTPS://shop.example/", networks=()) is None
    assert addresses.problem_of("http://erp.internal/hook", networks=ALLOWED) is None
    assert addresses.problem_of("http://10.2.0.1/hook", networks=ALLOWED) is not None


# -------------------------------------------------------------------------------------- signatures


@given(st.binary(), st.text(alphabet="abcdefghij_0123456789", min_size=1))
def test_signatures_are_what_the_standards_own_library_takes(body: bytes, event_id: str) -> None:
    old, new, other = (signing.new_secret() for _ in range(3))
    now = int(dt.datetime.now(tz=dt.UTC).timestamp())
    headers = signing.headers(event_id=event_id, timestamp=now, body=body, keys=[new, old])
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return
    for secret in (old, new):
        assert Webhook(secret).sign(event_id, dt.datetime.fromtimestamp(now, tz=dt.UTC), text) in headers[
            "webhook-signature"
        ].split(" ")
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(text, headers)


# -------------------------------------------------------------------------------------------- pace


def test_pauses_double_up_to_an_hour_and_chance_takes_off_up_to_half() -> None:
    pace = Pace()
    assert [pace.pause_before(attempt, chance=0) for attempt in (2, 3, 4, 10, 11, 12, 10**6)] == [
        5, 10, 20, 1280, 2560, 3600, 3600,
    ]  # fmt: skip
    assert pace.pause_before(4, chance=1) == 10
    assert all(pace.pause_before(n, chance=c / 10) >= 2.5 for n in range(2, 50) for c in range(11))


def test_a_day_holds_some_thirty_attempts_and_then_it_is_over() -> None:
    pace, attempt, waited = Pace(), 1, 0.0
    while not pace.is_over(attempts=attempt, trying_for=dt.timedelta(seconds=waited)):
        attempt += 1
        waited += pace.pause_before(attempt, chance=0.5)
    assert 35 <= attempt <= 45
    assert 86_400 <= waited < 86_400 + 3600


def test_a_worker_that_was_away_for_a_day_has_not_tried_for_a_day() -> None:
    assert not Pace().is_over(attempts=2, trying_for=dt.timedelta(days=3))
    assert Pace().is_over(attempts=10, trying_for=dt.timedelta(days=1))
    assert not Pace().is_over(attempts=100, trying_for=dt.timedelta(hours=23))


def test_a_receiver_that_is_down_is_tried_with_something_new_each_minute_at_least() -> None:
    pace = Pace()
    assert [pace.probe_pause(failures, chance=0) for failures in (5, 6, 10, 11, 1000)] == [1, 2, 32, 60, 60]


# ------------------------------------------------------------------------------------------- lanes


def item(seq: int, subject: str = "a") -> Item:
    return Item(seq=seq, event_id=f"e{seq}", type="t", subject=subject, body=b"x")


def test_events_of_a_subject_go_one_after_the_other_and_subjects_side_by_side() -> None:
    lanes = Lanes(seq=0)
    for one in (item(1), item(2), item(3, "b")):
        lanes.add(one)
    first, second = lanes.take(0), lanes.take(0)
    assert first is not None
    assert second is not None
    assert (first.seq, second.seq, lanes.take(0)) == (1, 3, None)
    lanes.succeeded(first)
    third = lanes.take(0)
    assert third is not None
    assert third.seq == 2


def test_the_place_stays_before_what_is_under_way_and_goes_past_what_is_held() -> None:
    lanes = Lanes(seq=10)
    for one in (item(11), item(12), item(13, "b")):
        lanes.add(one)
    lanes.read_up_to(20)
    assert lanes.safe == 10
    first, other = lanes.take(0), lanes.take(0)
    assert first is not None
    assert other is not None
    lanes.succeeded(other)
    assert lanes.safe == 10
    lanes.failed(first, due=5)
    # 12 is held behind it, and to be written down as waiting.
    assert (lanes.safe, lanes.held, [held.seq for held in lanes.newly_held()]) == (20, 2, [12])
    assert first.body is None
    late = item(21)
    lanes.add(late)
    assert (late.held, lanes.safe) == (True, 21)
    assert lanes.take(4.9) is None
    assert lanes.take(5) is first


def test_what_is_to_be_said_before_all_else_goes_alone() -> None:
    lanes = Lanes(seq=5)
    reset = Item(seq=5, event_id="r", type="reset", subject="expired", due=0, held=True)
    lanes.add(reset)
    lanes.add(item(6))
    assert lanes.take(1) is reset
    assert lanes.take(1) is None
    lanes.failed(reset, due=3)
    assert (lanes.next_due(), lanes.take(2)) == (3, None)
    assert lanes.take(3) is reset
    lanes.succeeded(reset)
    after = lanes.take(3)
    assert after is not None
    assert after.seq == 6


@pytest.mark.parametrize("seed", range(20))
def test_whatever_fails_each_event_is_delivered_once_and_in_order_and_no_place_is_too_far(seed: int) -> None:
    chance = random.Random(seed)
    lanes, now, seq = Lanes(seq=0), 0.0, 0
    under_way: list[Item] = []
    delivered: list[tuple[str, int]] = []
    written: set[int] = set()
    while seq < 300 or lanes.fresh or lanes.held:
        now += 0.1
        while seq < 300 and chance.random() < 0.7:
            seq += 1
            lanes.add(item(seq, chance.choice("abcdefg")))
        while len(under_way) < 5 and (taken := lanes.take(now)) is not None:
            assert taken.subject not in {one.subject for one in under_way}
            under_way.append(taken)
        chance.shuffle(under_way)
        for one in under_way[: chance.randrange(4)]:
            under_way.remove(one)
            if chance.random() < 0.4:
                lanes.failed(one, due=now + chance.random())
                written.add(one.seq)
            else:
                lanes.succeeded(one)
                delivered.append((one.subject, one.seq))
                written.add(one.seq)
        written.update(held.seq for held in lanes.newly_held())
        # Whoever goes on from here after a crash has either the log or a row of each event.
        assert set(range(1, lanes.safe + 1)) <= written
    assert len(delivered) == 300
    for subject in "abcdefg":
        seqs = [number for name, number in delivered if name == subject]
        assert seqs == sorted(seqs)
