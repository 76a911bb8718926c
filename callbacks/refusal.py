"""Why a message from elsewhere is not taken."""

from __future__ import annotations


class Refused(Exception):
    """A message that is not taken, with the HTTP status that tells its sender and the reason in a few words."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
