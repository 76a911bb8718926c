"""The board: the alarms as they stand, in Redis, for whoever shows them; and the stream on which people's wishes come in.

The journal in SQL is the truth and is written first; the board follows it and is made anew from it. One process writes, and every
write checks that it still holds the lease and that nobody with a higher fence has written. `rev` numbers the writes one by one, so a
reader takes the whole board once and then only what changed since, and notices when it missed something.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import redis

from model.alarm import Alarm, Answer, Command, Duty
from store.command import answer
from store.edge import BEGINNING, moment
from store.lease import Lease
from store.partition import Fenced

log = logging.getLogger(__name__)

NAME = "alarms"
ASKED = "city:asked"
"""Channel: a wish is waiting."""
CHANGES = 5_000
"""Writes of which a reader can learn what changed; who is further behind takes the whole board."""
WISHES = 10_000
CHUNK = 1_000
"""Alarms per write: Redis does nothing else meanwhile."""
LEASE_SECONDS = 2.0
"""With the standby's own look four times a second it takes over within three seconds."""

_SAVE = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return -1 end
if tonumber(redis.call('get', KEYS[2]) or '0') > tonumber(ARGV[2]) then return -1 end
redis.call('set', KEYS[2], ARGV[2])
local sets, gone, places, duties = cjson.decode(ARGV[4]), cjson.decode(ARGV[5]), cjson.decode(ARGV[6]), ARGV[7]
for i, id in ipairs(sets) do redis.call('hset', KEYS[3], id, ARGV[7 + i]) end
for _, id in ipairs(gone) do redis.call('hdel', KEYS[3], id) end
for name, place in pairs(places) do redis.call('hset', KEYS[6], name, place) end
if duties ~= '' then redis.call('set', KEYS[7], duties) end
if #sets + #gone == 0 and duties == '' then return tonumber(redis.call('get', KEYS[4]) or '0') end
local rev = tonumber(redis.call('get', KEYS[4]) or ARGV[3]) + 1
redis.call('set', KEYS[4], string.format('%.0f', rev))
redis.call('xadd', KEYS[5], 'maxlen', '~', ARGV[8 + #sets], string.format('%.0f-0', rev), 'set', ARGV[4], 'gone', ARGV[5])
return rev
"""
_KEYS = ("lease", "term", "board", "rev", "changes", "places", "duties")

_ALARM = msgspec.json.Decoder(Alarm)
_COMMAND = msgspec.json.Decoder(Command)
_DUTIES = msgspec.json.Decoder(list[Duty])


Entries = Sequence[tuple[bytes, Mapping[bytes, bytes]]]


class Snapshot(NamedTuple):
    """The whole board at one moment."""

    rev: int
    alarms: dict[str, Alarm]


class Change(NamedTuple):
    """What brings a reader from the rev it holds to `rev`: alarms as they stand now, and ids no longer on the board."""

    rev: int
    alarms: list[Alarm]
    gone: list[str]


class Asked(NamedTuple):
    """A wish in its stream; `answered` when somebody has told what came of it."""

    place: str
    command: Command
    answered: bool
    age: float
    """Seconds since it was put there, both ends by Redis's own clock: those of the machines may differ."""


class Taken(NamedTuple):
    """What was read of the stream of wishes, and how far that was, whether or not it could be understood."""

    place: str
    wishes: list[Asked]


class Term(NamedTuple):
    """One writer's time in office: the fence that the journal gave it."""

    lease: Lease
    fence: int


class Board:
    """Every call raises `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._save = client.register_script(_SAVE)

    # --- who shows it ----------------------------------------------------------------------------------------------------------------

    def load(self) -> Snapshot:
        """All that is on the board."""
        pipe = self._client.pipeline(transaction=True)
        pipe.get(_key("rev"))
        pipe.hgetall(_key("board"))
        rev, held = pipe.execute()
        return Snapshot(int(rev or 0), {id.decode(): _ALARM.decode(data) for id, data in held.items()})

    def changes(self, since: int) -> Change | None:
        """What changed after rev `since`; None when that cannot be told any more: load."""
        pipe = self._client.pipeline(transaction=False)
        pipe.get(_key("rev"))
        pipe.xrange(_key("changes"), min=f"({since}-0")
        rev, entries = pipe.execute()
        if int(rev or 0) == since:
            return Change(since, [], [])
        if not entries or _rev(entries[0]) != since + 1:
            return None
        touched = {id for _, told in entries for id in (*json.loads(told[b"set"]), *json.loads(told[b"gone"]))}
        return self._told(_rev(entries[-1]), sorted(touched))

    def _told(self, rev: int, ids: Sequence[str]) -> Change:
        found = self._client.hmget(_key("board"), list(ids)) if ids else []
        alarms = [_ALARM.decode(data) for data in found if data is not None]
        return Change(rev, alarms, [id for id, data in zip(ids, found, strict=True) if data is None])

    def duties(self) -> list[Duty]:
        """What each desk answers for now; empty before there was a writer."""
        data = self._client.get(_key("duties"))
        return _DUTIES.decode(data) if isinstance(data, bytes) else []

    # --- wishes ----------------------------------------------------------------------------------------------------------------------

    def ask(self, command: Command) -> None:
        """Puts a wish on its way. Asking again with the same id is safe: it is carried out once."""
        self._client.xadd(_key("commands"), {"command": msgspec.json.encode(command)}, maxlen=WISHES, approximate=True)
        self._client.publish(ASKED, b"")

    def answer(self, id: str) -> list[Answer] | None:
        """What came of a wish, for two minutes; None as long as nobody knows."""
        data = self._client.get(f"city:answer:{id}")
        return msgspec.convert(json.loads(data)["answers"], list[Answer]) if isinstance(data, bytes) else None

    def request(self, command: Command, patience: float = 8.0, rest: float = 0.02) -> list[Answer] | None:
        """Asks, and waits for the answer; None when none comes in `patience` seconds."""
        self.ask(command)
        until = time.monotonic() + patience
        while (answers := self.answer(command.id)) is None and time.monotonic() < until:
            time.sleep(rest)
        return answers

    # --- the writer ------------------------------------------------------------------------------------------------------------------

    def take(self, after: str, most: int) -> Taken:
        """Wishes among the `most` entries after a place in their stream. What is no wish at all is passed over."""
        entries: Entries = self._client.xrange(_key("commands"), min=f"({after}", count=most)  # type: ignore[assignment]
        wishes = [(place.decode(), command) for place, told in entries if (command := _command(told))]
        pipe = self._client.pipeline(transaction=False)
        pipe.time()
        for _, command in wishes:
            pipe.exists(f"city:answer:{command.id}")
        (seconds, micros), *known = pipe.execute()
        now = seconds + micros / 1e6
        found = [Asked(*wish, bool(told), now - moment(wish[0])) for wish, told in zip(wishes, known, strict=True)]
        return Taken(entries[-1][0].decode() if entries else after, found)

    def last_wish(self) -> str:
        """The place of the newest wish."""
        entries: Entries = self._client.xrevrange(_key("commands"), count=1)  # type: ignore[assignment]
        return entries[0][0].decode() if entries else BEGINNING

    def latest_wishes(self, most: int) -> list[str]:
        """Ids of the newest wishes, answered or not."""
        entries: Entries = self._client.xrevrange(_key("commands"), count=most)  # type: ignore[assignment]
        return [command.id for _, told in entries if (command := _command(told))]

    def tell(self, id: str, answers: Sequence[Answer]) -> None:
        """Answers a wish."""
        answer(self._client, id, {"answers": msgspec.to_builtins(list(answers))})

    def save(
        self,
        term: Term,
        changed: Iterable[Alarm] = (),
        gone: Iterable[str] = (),
        places: Mapping[str, str] | None = None,
        duties: Sequence[Duty] | None = None,
    ) -> None:
        """Writes what changed, and how far the edges have been read. Raises Fenced when the lease or the fence is another's."""
        sets, removed = list(changed), list(gone)
        for start in range(0, max(len(sets), len(removed), 1), CHUNK):
            first = start == 0
            self._write(
                term,
                sets[start : start + CHUNK],
                removed[start : start + CHUNK],
                (places or {}) if first else {},
                msgspec.json.encode(list(duties)) if duties is not None and first else b"",
            )

    def _write(self, term: Term, sets: Sequence[Alarm], gone: Sequence[str], places: Mapping[str, str], duties: bytes) -> None:
        head: list[str | int] = [term.lease.holder, term.fence, int(time.time() * 1000)]
        told: list[str | bytes] = [json.dumps([alarm.id for alarm in sets]), json.dumps(list(gone)), json.dumps(dict(places)), duties]
        bodies = [msgspec.json.encode(alarm) for alarm in sets]
        if int(self._save(keys=[_key(name) for name in _KEYS], args=[*head, *told, *bodies, CHANGES])) < 0:
            raise Fenced("the board has another writer")

    def restore(self, term: Term, alarms: Mapping[str, Alarm], places: Mapping[str, str], duties: Sequence[Duty]) -> None:
        """Makes the board what it must be by writing only what differs: it may hold more, less or something else."""
        held = self.load().alarms
        changed = [alarm for id, alarm in alarms.items() if held.get(id) != alarm]
        self.save(term, changed, held.keys() - alarms.keys(), places, duties)

    def fence(self) -> int:
        """The fence of whoever wrote last."""
        data = self._client.get(_key("term"))
        return int(data) if isinstance(data, bytes) else 0

    def places(self) -> dict[str, str]:
        """How far the edges have been read, as the last writer told the board."""
        held: Mapping[bytes, bytes] = self._client.hgetall(_key("places"))  # type: ignore[assignment]
        return {name.decode(): place.decode() for name, place in held.items()}


def lease(client: redis.Redis, holder: str) -> Lease:
    """The claim on being the writer."""
    return Lease(client, NAME, holder, LEASE_SECONDS)


def provisional(alarm: Alarm) -> Alarm:
    """As it is shown while the journal is away."""
    return replace(alarm, journalled=False)


def _key(name: str) -> str:
    return f"city:{{{NAME}}}:{name}"


def _command(told: Mapping[bytes, bytes]) -> Command | None:
    try:
        return _COMMAND.decode(told[b"command"])
    except (KeyError, msgspec.DecodeError) as error:
        log.warning("no wish", extra={"error": repr(error)})
        return None


def _rev(entry: tuple[bytes, Mapping[bytes, bytes]]) -> int:
    return int(entry[0].partition(b"-")[0])
