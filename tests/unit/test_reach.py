"""Whether Kafka can be reached, told in a sentence before its client is asked."""

from __future__ import annotations

import socket

import pytest

from demo.port import free_port
from streams.reach import absence


def test_one_server_that_takes_connections_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert absence(f"127.0.0.1:{port}") == ""
        assert absence(f"127.0.0.1:{free_port()}, PLAINTEXT://127.0.0.1:{port}") == ""


def test_an_address_of_six_groups_stands_in_brackets() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with server:
        assert absence(f"[::1]:{server.getsockname()[1]}") == ""


@pytest.mark.parametrize("wrong", ["127.0.0.1:{port}", "127.0.0.1:no-port", "no.such.host.invalid:9092", "no.such.host.invalid"])
def test_what_is_missing_is_named(wrong: str) -> None:
    servers = wrong.format(port=free_port())
    assert absence(servers) == f"Kafka at {servers} does not answer"
