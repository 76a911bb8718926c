"""Choose TCP ports of the loopback interface for servers that come and go."""

from __future__ import annotations

import errno
import random
import socket

LOOPBACK = "127.0.0.1"
RANGE = range(20_000, 32_000)
"""Below the range that systems give to outgoing connections (32,768 and up). Above it, a client that keeps trying the port of a
stopped server can be given that same port, connect to itself, and keep the server from coming back."""


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now. OSError when `host` is not an address of this machine."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port() -> int:
    """A port nobody listens on at this moment."""
    return next(port for port in random.sample(RANGE, len(RANGE)) if is_free(port))


def bracketed(host: str) -> str:
    """`host` as it stands in an address: an IPv6 one in brackets."""
    return f"[{host}]" if ":" in host else host
