"""What a file of the history holds, as its name says it: a stretch of one partition's offsets, of one local day.

What a process takes from Kafka it writes as one file per local day, one after the other. All but the last are `part`, the last is
`last`: where it is there, all are, so the stretch is held and reading goes on after it. Merging makes files that are `whole`: all that
was held of their stretch and day. The rule for readers follows from the names: **a file whose stretch lies within another's of the same
partition and folder does not count.** So a crash between writing a merged file and deleting what went into it doubles nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

KINDS = ("part", "last", "whole")
SUFFIX = ".parquet"


class Stretch(NamedTuple):
    """Offsets `first` up to but not including `next` of a partition."""

    topic: str
    partition: int
    first: int
    next: int
    kind: str

    @property
    def name(self) -> str:
        """The file's name; names of a partition sort by what was written later."""
        return f"{self.topic}-{self.partition}-{self.first:020d}-{self.next:020d}-{self.kind}{SUFFIX}"

    def holds(self, other: Stretch) -> bool:
        """Whether the other lies within this one."""
        return self[:2] == other[:2] and self.first <= other.first and other.next <= self.next


def parse(name: str) -> Stretch | None:
    """The stretch that a file's name tells; None for a file that is none of the history's."""
    topic, *rest = name.removesuffix(SUFFIX).rsplit("-", 4)
    if not name.endswith(SUFFIX) or len(rest) != 4 or rest[3] not in KINDS or not all(part.isdigit() for part in rest[:3]):
        return None
    partition, first, following = (int(part) for part in rest[:3])
    return Stretch(topic, partition, first, following, rest[3])


def standing(found: Iterable[Stretch]) -> list[Stretch]:
    """Those of one folder that count, by partition, in the order in which of two values for one time the later wins."""
    kept: list[Stretch] = []
    reached: dict[tuple[str, int], int] = {}
    for one in sorted(set(found), key=lambda each: (*each[:3], -each.next, -KINDS.index(each.kind))):
        # Those before it begin no later, so it lies within one of them where one of them ends no sooner.
        if one.next > reached.get(one[:2], -1):
            kept.append(one)
            reached[one[:2]] = one.next
    return kept


def resume(found: Iterable[Stretch]) -> int | None:
    """Where a partition is read on, from all its files in all folders; None where nothing of it is held."""
    return max((one.next for one in found if one.kind != "part"), default=None)
