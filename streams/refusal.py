"""What could not be understood, as it goes to `city.rejects`: each record, and each element of an array with its place in it.

A record of a megabyte may hold half a million bad elements. The first of them are told one by one, the rest as one refusal of the record
that says how many they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from model import Batch, Reject
from streams.decode import Refused, elements

EACH = 100
"""Elements of one record that are told one by one,"""
WAITING = 10_000
"""as long as no more refusals than this wait to be sent."""


def refusals(domain: str, batch: Batch, refused: Iterable[Refused], waiting: int) -> list[Reject]:
    """The refusals of a batch, in the order of `refused` by record."""
    by_record: dict[int, list[Refused]] = {}
    for one in refused:
        by_record.setdefault(one.record, []).append(one)
    found: list[Reject] = []
    for record, some in by_record.items():
        each = len(some) if len(some) == 1 else EACH if waiting + len(found) < WAITING else 0
        found += _each(domain, batch, record, some[:each])
        if some[each:]:
            found.append(_rest(domain, batch, record, some[each:]))
    return found


def damage(domain: str, batch: Batch) -> Reject:
    """The refusal of the offsets that the client could not read."""
    first, last = batch.damaged or (0, 0)
    return _reject(domain, batch, first, None, f"corrupt_batch: offsets {first} to {last - 1}", b"", None)


def _each(domain: str, batch: Batch, record: int, some: list[Refused]) -> list[Reject]:
    value = batch.values[record] or b""
    parts = elements(value) if any(one.element is not None for one in some) else []
    return [
        _reject(
            domain,
            batch,
            batch.offsets[record],
            one.element,
            one.reason,
            value if one.element is None else parts[one.element],
            batch.keys[record],
        )
        for one in some
    ]


def _rest(domain: str, batch: Batch, record: int, some: list[Refused]) -> Reject:
    kind, _, what = some[0].reason.partition(":")
    reason = f"{kind}: {len(some)} elements from number {some[0].element} on, the first:{what or ' ' + kind}"
    return _reject(domain, batch, batch.offsets[record], None, reason, batch.values[record] or b"", batch.keys[record])


def _reject(domain: str, batch: Batch, offset: int, element: int | None, reason: str, value: bytes, key: bytes | None) -> Reject:
    return Reject(
        domain=domain,
        topic=batch.topic,
        partition=batch.partition,
        offset=offset,
        index=element,
        reason=reason,
        value=value,
        key=key,
        time=batch.arrived,
    )
