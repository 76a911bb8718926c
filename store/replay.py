"""The time machine's place in Redis: what people wish to see again, what was composed of it, and nothing of the live city.

All keys have the tag `{replay}`: whoever writes them holds the lease of that name, and no live process reads them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import redis

from model.alarm import Alarm
from model.replay import Replay

NAME = "replay"
MARK = "~"
"""Begins the name of a page of a replay, `~<replay>~<page>`: no page of the live city begins so."""
WALL = "~wall"
"""The page that tells every window whether the whole wall is in a replay."""
CHANNEL = "city:replay"
"""Rings when somebody wishes something, or begins to look at a page of a replay."""
WISHES = f"city:{{{NAME}}}:wishes"
KEEP_SECONDS = 60

_REPLAY = msgspec.json.Decoder(Replay)
_ALARMS = msgspec.json.Decoder(tuple[int, list[Alarm]])

_CHANGE = """
if ARGV[3] == '0' and redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
redis.call('publish', ARGV[4], '')
return 1
"""


def stage(replay: str, page: str) -> str:
    """What a page of a replay is called."""
    return f"{MARK}{replay}{MARK}{page}"


def staged(name: str) -> tuple[str, str]:
    """(replay, page) of a page's name; the replay is empty for a page of the live city."""
    if not name.startswith(MARK) or name == WALL:
        return "", name
    replay, _, page = name.removeprefix(MARK).partition(MARK)
    return replay, page


def at(replay: Replay, wall: float) -> float:
    """Event time that a replay shows at a moment of the wall clock."""
    return replay.event + replay.rate * max(0.0, wall - replay.wall)


def kept(replay: str, name: str) -> str:
    """The key under which a replay keeps something."""
    return f"city:{{{NAME}}}:{name}:{replay}"


class Replays:
    """Every call raises `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._change = client.register_script(_CHANGE)

    def all(self) -> list[Replay]:
        """Those that are on."""
        held: Mapping[bytes, bytes] = self._client.hgetall(WISHES)  # type: ignore[assignment]
        return sorted((_REPLAY.decode(data) for data in held.values()), key=lambda one: one.begun)

    def one(self, id: str) -> Replay | None:
        """The replay of that id, while it is on."""
        data = self._client.hget(WISHES, id)
        return _REPLAY.decode(data) if isinstance(data, bytes) else None

    def wish(self, replay: Replay, new: bool = False) -> bool:
        """Sets what is to be shown; False where the replay, not a `new` one, is over by now."""
        return bool(self._change(keys=[WISHES], args=[replay.id, msgspec.json.encode(replay), int(new), CHANNEL]))

    def end(self, id: str) -> None:
        """The replay is over."""
        self._client.hdel(WISHES, id)
        self._client.publish(CHANNEL, b"")

    def alarms(self, id: str) -> tuple[int, list[Alarm]] | None:
        """(version, alarms as they stood) at the moment that a replay shows."""
        data = self._client.get(kept(id, "alarms"))
        return _ALARMS.decode(data) if isinstance(data, bytes) else None

    def positions(self, id: str, domain: str) -> bytes | None:
        """The domain's sensors, as the rows of a replay's map name them."""
        data = self._client.get(kept(id, f"positions:{domain}"))
        return data if isinstance(data, bytes) else None

    def span(self) -> tuple[float, float] | None:
        """(first, last) moment that can be shown; None while nobody plays replays."""
        data = self._client.get(f"city:{{{NAME}}}:span")
        return msgspec.json.decode(data, type=tuple[float, float]) if isinstance(data, bytes) else None
