"""Chains of messages in both databases: one name for the alarm however the messages come."""

from __future__ import annotations

from itertools import permutations

import pytest
from sqlalchemy import Engine

from store.chain import KEPT_SECONDS, Chains, Link

SENT = {"a": 1.0, "b": 2.0, "c": 3.0}
BEFORE = {"a": (), "b": ("a",), "c": ("a", "b")}


@pytest.fixture
def chains(engine: Engine) -> Chains:
    return Chains(engine)


def follow(chains: Chains, message: str, *references: str, sent: float | None = None) -> Link:
    return chains.follow(message, sent or SENT[message], {one: SENT[one] for one in references}, 100.0)


def test_a_chain_keeps_the_name_of_its_first_message(chains: Chains) -> None:
    assert follow(chains, "a") == Link("a", (), False)
    assert follow(chains, "b", "a") == Link("a", (), False)
    assert follow(chains, "c", "b") == Link("a", (), False)


def test_a_message_that_comes_twice_is_the_same(chains: Chains) -> None:
    assert follow(chains, "a") == follow(chains, "a") == Link("a", (), False)


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_in_any_order_the_newest_wins_and_the_name_is_one(chains: Chains, order: tuple[str, ...]) -> None:
    links = {message: follow(chains, message, *BEFORE[message]) for message in order}
    assert {link.root for link in links.values()} == {"a"}
    assert [message for message in order if not links[message].superseded] == [
        message for place, message in enumerate(order) if message == max(order[: place + 1])
    ]


def test_a_late_message_that_only_its_successor_named_is_superseded(chains: Chains) -> None:
    assert follow(chains, "c", "b") == Link("b", (), False)
    assert follow(chains, "b", "a") == Link("b", (), True)
    assert follow(chains, "a") == Link("b", (), True)


def test_an_update_of_two_chains_goes_on_with_the_older_and_ends_the_other(chains: Chains) -> None:
    follow(chains, "a"), follow(chains, "b")
    assert follow(chains, "c", "b", "a") == follow(chains, "c", "b", "a") == Link("a", ("b",), False)


def test_a_message_cannot_replace_itself(chains: Chains) -> None:
    assert follow(chains, "a", "a") == Link("a", (), False)


def test_a_sender_that_keeps_its_identifier_sends_a_newer_one(chains: Chains) -> None:
    follow(chains, "a")
    assert follow(chains, "a", sent=5.0) == Link("a", (), False)
    assert follow(chains, "a", sent=4.0) == Link("a", (), True)


def test_names_of_any_length_and_letters(chains: Chains) -> None:
    long = "☃" * 2000
    assert chains.follow(long, 1.0, {}, 0.0).superseded is False
    assert chains.follow("x\0", 2.0, {long: 1.0}, 0.0).others == ()
    assert chains.follow(long, 1.0, {}, 0.0).superseded is True


def test_what_is_long_gone_is_forgotten(chains: Chains) -> None:
    follow(chains, "b", "a")
    assert chains.follow("a", 1.0, {}, 100.0 + KEPT_SECONDS + 1) == Link("a", (), False)
