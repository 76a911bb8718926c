"""Whether the deck that was started is at work, and if not, what it waits for."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from store import Away, Client
from store.process import processes

FRESH = 5.0
"""Seconds since its last heartbeat up to which a process counts as living."""


def lack(client: Client, servers: str, address: str) -> str:
    """What is still missing, in a sentence; empty when an ingest process reads, and the web at `address` has something to show.

    `servers` is what Redis is called in that sentence.
    """
    try:
        ingest = [each for each in processes(client) if each.kind == "ingest" and time.time() - each.wall < FRESH]
    except Away:
        return f"Redis at {servers} does not answer"
    if waiting := [each.error for each in ingest if each.state == "waiting" and each.error]:
        return waiting[0]
    if not any(each.state == "active" for each in ingest):
        return "no process reads from Kafka yet"
    return "" if _answers(f"{address}/readyz") else f"{address} does not answer yet"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
