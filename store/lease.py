"""A lease: which one of several equal processes is active, with a number that only grows to fence off the one before."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import redis

from store.partition import Fenced

SECONDS = 3.0
"""A standby takes over within this time when the active process dies."""

RENEWALS = 4
"""How often a lease is renewed in its time beside long work."""

_RENEW = """
local held = redis.call('get', KEYS[1])
if held == ARGV[1] then redis.call('pexpire', KEYS[1], ARGV[2]) return redis.call('get', KEYS[2]) end
if held then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return redis.call('incr', KEYS[2])
"""

_WRITE = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  redis.call('set', KEYS[i], ARGV[i + 1])
  if ARGV[2] ~= '0' then redis.call('expire', KEYS[i], ARGV[2]) end
end
for i = #KEYS + 2, #ARGV, 2 do redis.call('publish', ARGV[i], ARGV[i + 1]) end
return 1
"""


class Lease:
    """One process's claim on the lease `name`."""

    def __init__(self, client: redis.Redis, name: str, holder: str, seconds: float = SECONDS) -> None:
        self.key, self.holder, self._seconds = f"city:{{{name}}}:lease", holder, seconds
        self._fence_key = f"city:{{{name}}}:fence"
        self._client = client
        self._renew, self._write = client.register_script(_RENEW), client.register_script(_WRITE)

    def hold(self) -> int:
        """Takes or renews the lease; the fencing number while held, 0 while another holds it. Raises `redis.RedisError`."""
        return int(self._renew(keys=[self.key, self._fence_key], args=[self.holder, int(self._seconds * 1000)]))

    @contextmanager
    def kept(self, longest: float) -> Iterator[None]:
        """Renews the lease beside the work of the block, for `longest` seconds at most. Who dies meanwhile loses it as soon as ever."""
        done = threading.Event()
        beside = threading.Thread(target=self._keep, args=(done, longest), name="lease", daemon=True)
        beside.start()
        try:
            yield
        finally:
            done.set()
            beside.join()

    def _keep(self, done: threading.Event, longest: float) -> None:
        until = time.monotonic() + longest
        while not done.wait(self._seconds / RENEWALS) and time.monotonic() < until:
            try:
                if self.hold() == 0:
                    return
            except redis.RedisError:  # whoever works finds it out, too
                return

    def write(self, kept: Mapping[str, bytes], told: Sequence[tuple[str, bytes]] = (), seconds: int = 0) -> None:
        """Sets keys, for so many seconds unless 0, and then publishes (channel, message), while the lease is held, or nothing at all.

        The keys have the lease's hash tag. Raises `Fenced` when the lease is another's, `redis.RedisError`.
        """
        messages = [part for pair in told for part in pair]
        if not self._write(keys=[self.key, *kept], args=[self.holder, seconds, *kept.values(), *messages]):
            raise Fenced(f"the lease {self.key} is another's")

    def release(self) -> None:
        """Gives the lease up at once, so that a standby need not wait."""
        if self._client.get(self.key) == self.holder.encode():
            self._client.delete(self.key)
