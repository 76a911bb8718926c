"""A partition's keys in memory: what Redis would hold after the same commits."""

from __future__ import annotations

from collections.abc import Mapping

from store.partition import THINNED, Changes, Fenced, Stored


class Keys:
    """Applies changes as `store.partition.Partition` does, all or nothing, with the same fence."""

    def __init__(self) -> None:
        self.strings: dict[str, bytearray] = {}
        self.lists: dict[str, list[bytes]] = {}
        self.hashes: dict[str, dict[str, bytes]] = {}
        self.edges: list[bytes] = []
        self.offset: int | None = None

    def commit(self, held: int | None, offset: int, changes: Changes) -> None:
        if held != self.offset:
            raise Fenced(f"{self.offset}, expected {held}")
        for name in changes.deleted:
            for kind in (self.strings, self.lists, self.hashes):
                kind.pop(name, None)
        for name, start, data in changes.patches:
            held_bytes = self.strings.setdefault(name, bytearray())
            held_bytes.extend(bytes(max(0, start + len(data) - len(held_bytes))))
            held_bytes[start : start + len(data)] = data
        for name, blob in changes.appends:
            self.lists.setdefault(name, []).append(blob)
        for name, fields in changes.fields.items():
            self._set(name, fields)
        self._set("meta", changes.meta)
        for name, gone in changes.removed.items():
            for field in gone:
                self.hashes.get(name, {}).pop(field, None)
        for name, most in changes.trims.items():
            self.lists[name] = self.lists[name][-most:]
        self.edges += changes.edges
        self.offset = offset

    def _set(self, name: str, fields: Mapping[str, bytes | str | int | float]) -> None:
        told = {key: value if isinstance(value, bytes) else str(value).encode() for key, value in fields.items()}
        self.hashes.setdefault(name, {}).update(told)

    def load(self) -> Stored:
        minutes = [int(minute) for minute in self.hashes.get("minutes", {})]
        touched = [tuple(int(part) for part in name.split(":")) for name in self.hashes.get("touched", {})]
        return Stored(
            offset=self.offset,
            meta=self._bytes("meta"),
            series={int(i): (text.decode().rpartition("\0")[0], text.decode().rpartition("\0")[2]) for i, text in self._items("series")},
            latest=bytes(self.strings.get("latest", b"")),
            windows={(width, start): bytes(self.strings[f"w{width}:{start}"]) for width, start in touched},
            segments={minute: self.lists.get(f"raw:{minute}", []) for minute in minutes},
            chunks={minute: self._bytes(f"chunk:{minute}") for minute in minutes},
            state=self._bytes("state"),
            conditions=self._bytes("conditions"),
            places=self._bytes("places"),
            thinned=[int(minute) for minute, text in self._items("minutes") if text == THINNED],
        )

    def _items(self, name: str) -> list[tuple[str, bytes]]:
        return list(self.hashes.get(name, {}).items())

    def _bytes(self, name: str) -> dict[bytes, bytes]:
        return {key.encode(): value for key, value in self._items(name)}
