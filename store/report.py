"""The reports that were made: numbered revisions that never change, beside the history.

`report/<kind>/<first day>/<number>.json` is a revision, canonical JSON; `<number>-<language>.<ending>` what was drawn of it first, which is
given out ever after: so an old revision has the same bytes for as long as it is kept, whatever citydeck draws by then. `<number>.same`
tells of what the same was made last, where more came since that changed nothing.
`figure/<domain>/<day>.json` is a day's figures with what they were made of; it may be deleted, and is made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from model.report import Span
from store.shelf import Shelf

Facts = dict[str, Any]


def canonical(facts: Any) -> bytes:
    """One way to write it: sorted members, no spaces, UTF-8."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")  # half a surrogate pair of a hostile name is no text


@dataclass(frozen=True, slots=True)
class Revision:
    """A report as it was made once. `made` is the wall clock."""

    kind: Span
    first: date
    number: int
    made: float
    facts: Facts
    changed: list[dict[str, Any]]
    """What differs from the revision before: `path`, `before`, `after`."""
    sources: str
    """What there was to make it of."""


class Reports:
    """The revisions on a shelf. Every call raises `OSError` when it cannot be read or written."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def numbers(self, kind: Span, first: date) -> list[int]:
        """Those there are, oldest first."""
        names = [entry.name for entry in self._shelf.list(_folder(kind, first))]
        return sorted(int(name.removesuffix(".json")) for name in names if name.removesuffix(".json").isdigit())

    def read(self, kind: Span, first: date, number: int) -> Revision | None:
        """A revision; None where there is none of that number."""
        data = self._read(f"{_folder(kind, first)}/{number:04d}.json")
        if data is None:
            return None
        told = json.loads(data)
        return Revision(kind, first, number, told["made"], told["facts"], told["changed"], told["sources"])

    def newest(self, kind: Span, first: date) -> Revision | None:
        """The last one made."""
        numbers = self.numbers(kind, first)
        return self.read(kind, first, numbers[-1]) if numbers else None

    def keep(self, kind: Span, first: date, facts: Facts, made: float, sources: str) -> Revision:
        """The newest revision if it says the same, else a new one. Two who make one at once get the same or one after the other."""
        facts = json.loads(canonical(facts))
        while True:
            before = self.newest(kind, first)
            if before is not None and before.facts == facts:
                self._shelf.put(_same(before), lambda file: file.write(sources.encode()))
                return before
            number = before.number + 1 if before else 1
            changed = differences(before.facts, facts) if before else []
            revision = Revision(kind, first, number, made, facts, changed, sources)
            data = canonical({"made": made, "facts": facts, "changed": changed, "sources": sources})
            if self._shelf.put_new(f"{_folder(kind, first)}/{number:04d}.json", data):
                return revision

    def stands(self, revision: Revision, sources: str) -> bool:
        """Whether these were found to make that revision, or are among those that were: what was forgotten since changes no report."""
        return _holds(revision.sources, sources) or _holds((self._read(_same(revision)) or b"").decode(), sources)

    def drawn(self, revision: Revision, language: str, ending: str, draw: Callable[[], bytes]) -> bytes:
        """What was drawn of a revision first; drawn now where nothing was."""
        path = f"{_folder(revision.kind, revision.first)}/{revision.number:04d}-{language}.{ending}"
        held = self._read(path)
        if held is not None:
            return held
        data = draw()
        return data if self._shelf.put_new(path, data) else self._read(path) or data

    def days(self, kind: Span) -> list[date]:
        """The first days of the reports there are, oldest first."""
        folders = {entry.folder.rpartition("/")[2] for entry in self._shelf.list(f"report/{kind}")}
        return sorted(date.fromisoformat(name) for name in folders)

    def figures(self, domain: str, day: date, version: str, make: Callable[[], Facts]) -> Facts:
        """A day's figures as they were made of `version`, or made now."""
        path = f"figure/{domain}/{day}.json"
        held = self._read(path)
        if held is not None and (found := json.loads(held))["version"] == version:
            return dict(found["figures"])
        figures: Facts = json.loads(canonical(make()))
        data = canonical({"version": version, "figures": figures})
        self._shelf.put(path, lambda file: file.write(data))
        return figures

    def mark(self, path: str) -> bool:
        """Notes that something was done; False where it was noted before."""
        return self._shelf.put_new(f"report/{path}", b"")

    def marked(self, path: str) -> bool:
        """Whether that was noted."""
        return self._read(f"report/{path}") is not None

    def _read(self, path: str) -> bytes | None:
        try:
            with self._shelf.open(path) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None


def _folder(kind: Span, first: date) -> str:
    return f"report/{kind}/{first}"


def _same(revision: Revision) -> str:
    return f"{_folder(revision.kind, revision.first)}/{revision.number:04d}.same"


MOST_DIFFERENCES = 200


def differences(before: Any, after: Any) -> list[dict[str, Any]]:
    """Where two documents differ, by path; at most 200."""
    found: list[dict[str, Any]] = []
    _compare(before, after, [], found)
    return found[:MOST_DIFFERENCES]


def _compare(before: Any, after: Any, path: list[str], found: list[dict[str, Any]]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            _compare(before.get(key), after.get(key), [*path, key], found)
    elif _keyed(before) and _keyed(after):
        rows = [{row["key"]: row for row in side} for side in (before, after)]
        for key in sorted(rows[0].keys() | rows[1].keys()):
            _compare(rows[0].get(key), rows[1].get(key), [*path, key], found)
    elif before != after:
        found.append({"path": path, "before": before, "after": after})


def _keyed(side: Any) -> bool:
    return isinstance(side, list) and bool(side) and all(isinstance(row, dict) and "key" in row for row in side)


def _holds(before: str, sources: str) -> bool:
    return set(sources.split()) <= set(before.split())
