"""A lease: which one of several equal processes is active, with a number that only grows to fence off the one before."""

from __future__ import annotations

import redis

SECONDS = 3.0
"""A standby takes over within this time when the active process dies."""

_RENEW = """
local held = redis.call('get', KEYS[1])
if held == ARGV[1] then redis.call('pexpire', KEYS[1], ARGV[2]) return redis.call('get', KEYS[2]) end
if held then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return redis.call('incr', KEYS[2])
"""


class Lease:
    """One process's claim on the lease `name`."""

    def __init__(self, client: redis.Redis, name: str, holder: str, seconds: float = SECONDS) -> None:
        self.key, self.holder, self._seconds = f"city:{{{name}}}:lease", holder, seconds
        self._fence_key = f"city:{{{name}}}:fence"
        self._client = client
        self._renew = client.register_script(_RENEW)

    def hold(self, longer: float = 0.0) -> int:
        """Takes or renews the lease; the fencing number while held, 0 while another holds it. Raises `redis.RedisError`.

        `longer` is how many seconds of work are ahead before it can be renewed.
        """
        return int(self._renew(keys=[self.key, self._fence_key], args=[self.holder, int((self._seconds + longer) * 1000)]))

    def release(self) -> None:
        """Gives the lease up at once, so that a standby need not wait."""
        if self._client.get(self.key) == self.holder.encode():
            self._client.delete(self.key)
