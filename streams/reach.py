"""Whether Kafka can be reached at all: by a plain connection, because the client tries for half a minute and says so in its log only."""

from __future__ import annotations

import socket

PORT = "9092"
"""Where a server listens that was given without a port."""
SECONDS = 1.0


def absence(bootstrap: str) -> str:
    """What is missing, in a sentence, when none of the servers `host:port,host:port` takes a connection; empty when one does."""
    servers = [server.strip() for server in bootstrap.split(",") if server.strip()]
    return "" if any(_connects(server) for server in servers) else f"Kafka at {', '.join(servers)} does not answer"


def _connects(server: str) -> bool:
    host, _, port = server.rpartition("://")[2].rpartition(":") if ":" in server else (server, "", PORT)
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS).close()
    except (OSError, ValueError):
        return False
    return True
