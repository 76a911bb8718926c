"""What is kept of a refused record: bounded whatever it holds, and honest about what is missing."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from model import Reject
from store.partition import Changes
from store.rejects import KEPT, LARGE_KEPT, VALUE_BYTES, encoded, keep, record
from streams.resend import problem

REQUEST_BYTES = 1_048_576
"""The longest record that Kafka and its client take by default."""
HOSTILE = {
    "not text": b"\xff",
    "control letters": b"\x01",
    "quotes": b'"',
    "backslashes": b"\\",
    "two bytes a letter": "é".encode(),
    "Chinese": "湾".encode(),
    "outside the first plane": "\U0001f30a".encode(),
    "line separators": "\u2028".encode(),
}


def reject(value: bytes, **more: Any) -> Reject:
    told: dict[str, Any] = {"domain": "air", "topic": "city.air", "partition": 3, "offset": 17, "index": None, "key": None}
    return Reject(value=value, time=1.0, **({"reason": "undecodable"} | told | more))


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_record_is_longer_than_a_message_may_be(kind: str) -> None:
    letters = HOSTILE[kind]
    value = letters * (1_000_000 // len(letters))
    long = reject(value, key=letters * 300_000, reason="incompatible_unit: " + letters.decode(errors="replace") * 300_000)
    assert len(encoded(long)) < 140_000 < REQUEST_BYTES
    told = json.loads(encoded(long))
    assert (told["cut"], told["length"], told["topic"], told["partition"], told["offset"]) == (True, len(value), "city.air", 3, 17)
    kept = told["value"].encode() if told["encoding"] == "utf-8" else base64.b64decode(told["value"])
    assert value.startswith(kept) and VALUE_BYTES - 4 < len(kept) <= VALUE_BYTES


@pytest.mark.parametrize("value", [b"", b'{"sensor": "\xe6\xb9\xbe"', b"\xe6\xb9", b"\x00\x01", b"x" * VALUE_BYTES])
def test_what_is_short_is_kept_whole(value: bytes) -> None:
    told = record(reject(value))
    assert (told["cut"], told["length"]) == (False, len(value))
    assert (told["value"].encode() if told["encoding"] == "utf-8" else base64.b64decode(told["value"])) == value


def test_a_partition_keeps_few_long_ones_and_the_newest() -> None:
    changes = Changes()
    keep(changes, [reject(b"\x01" * 900_000, offset=n) for n in range(KEPT)] + [reject(b"x", offset=n) for n in range(KEPT)])
    held: dict[str, list[bytes]] = {}
    for name, text in changes.appends:
        held.setdefault(name, []).append(text)
    kept = [text for name, texts in held.items() for text in texts[-changes.trims[name] :]]
    assert sum(map(len, kept)) < 4_500_000
    assert [json.loads(text)["offset"] for text in held["rejects"]] == list(range(KEPT))
    changes = Changes()
    keep(changes, [reject(b"\x01" * 900_000)])
    assert changes.trims == {"rejects:large": LARGE_KEPT}


def test_what_was_cut_cannot_be_sent_again() -> None:
    told = {**record(reject(b'["' + b"x" * 70_000)), "value": "[]"}
    assert problem(told, frozenset({"city.air"})) == (
        "only the first 65536 of its 70002 bytes are kept: repair the whole record, which is at offset 17 of partition 3 of city.air"
    )
    assert problem({**told, "cut": False}, frozenset({"city.air"})) == ""
