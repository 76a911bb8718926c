"""The live streams of real gunicorn workers over a real Redis."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from demo.memory import RedisServer
from demo.port import LOOPBACK
from store import Away
from store.connect import connect
from store.frame import Frames, Press
from store.process import processes
from tests.integration.web import Stream, Web, press, web
from tests.until import PATIENCE, until


class Composer:
    """Publishes frames of one page whose number is their seq, as a composer does."""

    def __init__(self, press: Press, page: str = "overview", size: int = 0) -> None:
        self.press, self.page, self.seq, self.padding = press, page, 0, "x" * size
        self.epoch = secrets.token_hex(3)

    def tick(self) -> int:
        """One frame more; its seq."""
        self.seq += 1
        head = {"page": self.page, "epoch": self.epoch, "seq": self.seq, "pad": self.padding}
        delta = {**head, "full": 0, "prev": self.seq - 1} if self.seq > 1 else None
        self.press.publish(self.page, f"{self.epoch}-{self.seq}", _json({**head, "full": 1}), _json(delta) if delta else None)
        return self.seq


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for all tests that leave it running."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def deck(memory: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Two workers over that Redis."""
    with web(memory.url, tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def kept(memory: RedisServer) -> Press:
    """Where frames are published to that Redis, which has none yet."""
    client = connect(memory.url)
    client.delete("city:wanted", *client.keys("city:{judge}:frame:*"))
    return press(client)


def changes_until(stream: Stream, start: int, seq: int) -> list[int]:
    """Reads frames after `start` up to `seq`; their seqs. Each is whole or builds on the one before."""
    seqs = [start]
    while seqs[-1] < seq:
        frame = stream.frame()
        assert frame["full"] or frame["prev"] == seqs[-1]
        seqs.append(frame["seq"])
    return seqs


def first(stream: Stream, composer: Composer) -> dict[str, Any]:
    """The first frame of `composer`: a worker may not yet have heard of it, and then begins with what another test left."""
    while (frame := stream.frame())["epoch"] != composer.epoch:
        pass
    return frame


def followed(stream: Stream, composer: Composer) -> dict[str, Any]:
    """Composes until the stream brings a change, so that its worker is known to follow."""
    while (frame := _after_tick(stream, composer))["full"]:
        pass
    return frame


def _after_tick(stream: Stream, composer: Composer) -> dict[str, Any]:
    seq = composer.tick()
    while (frame := stream.frame())["seq"] < seq:
        pass
    return frame


def test_newcomers_get_the_newest_and_then_every_change_in_order(deck: Web, kept: Press) -> None:
    composer = Composer(kept)
    composer.tick()
    composer.tick()
    with ExitStack() as opened:
        streams = [opened.enter_context(Stream(deck, "overview")) for _ in range(20)]
        check_newcomers(streams, composer)


def check_newcomers(streams: list[Stream], composer: Composer) -> None:
    """Each begins with frame 2 and then misses nothing."""
    assert [(first(stream, composer)["id"], stream.answer.status) for stream in streams] == [(f"{composer.epoch}-2", 200)] * 20
    since = [followed(stream, composer)["seq"] for stream in streams]
    for _ in range(10):
        composer.tick()
    for stream, seq in zip(streams, since, strict=True):
        seqs = changes_until(stream, seq, composer.seq)
        assert seqs == sorted(set(seqs))


def test_the_stream_is_gzip_for_who_takes_it_and_text_for_who_does_not(deck: Web, kept: Press) -> None:
    composer = Composer(kept, size=100_000)
    composer.tick()
    for gzip in (True, False):
        with Stream(deck, "overview", gzip=gzip) as stream:
            headers = {name.lower(): text for name, text in stream.answer.getheaders()}
            assert headers["content-type"].startswith("text/event-stream")
            assert headers.get("content-encoding") == ("gzip" if gzip else None)
            assert (headers["x-accel-buffering"], "no-cache" in headers["cache-control"]) == ("no", True)
            assert stream.block() == "retry: 1000"
            assert len(first(stream, composer)["pad"]) == 100_000


def test_who_holds_the_newest_frame_is_not_sent_it_again(deck: Web, kept: Press) -> None:
    composer = Composer(kept)
    for _ in range(3):
        composer.tick()
    with Stream(deck, "overview") as stream:
        held = followed(stream, composer)["id"]
    with Stream(deck, "overview", last_id=held) as again, Stream(deck, "overview", last_id=f"{composer.epoch}-1") as behind:
        assert behind.frame()["id"] == held
        assert again.block() == "retry: 1000"
        composer.tick()
        frame = again.frame()
        assert (frame["seq"], frame["full"]) in ((composer.seq, 0), (composer.seq, 1))
        assert behind.frame()["seq"] == composer.seq


def test_one_stream_carries_several_pages_and_a_screen_is_its_page(deck: Web, kept: Press) -> None:
    screen = next(screen for screen in deck.json("/catalogue")["site"]["screens"] if screen["page"] == "overview")["id"]
    for page in ("overview", "system", "sensor-a/b+c"):
        Composer(kept, page).tick()
    with Stream(deck, f"system+{screen}+sensor-a%2Fb%2Bc") as stream:
        pages: set[str] = set()
        while pages != {"overview", "system", "sensor-a/b+c"}:
            pages.add(stream.frame()["page"])


def test_a_name_that_is_nothing_is_not_found(deck: Web) -> None:
    status, headers, body = deck.get("/live/overview+nothing")
    assert (status, headers["Content-Type"], json.loads(body)["status"]) == (404, "application/problem+json", 404)


def test_a_sensors_page_is_wanted_while_somebody_looks(deck: Web, memory: RedisServer, kept: Press) -> None:
    frames = Frames(connect(memory.url))
    assert frames.wanted() == []
    with Stream(deck, "sensor-a%2Fb"):
        until(lambda: frames.wanted() == ["sensor-a/b"], "the page to be wanted")
    frames.want("sensor-c", seconds=-1)
    assert frames.wanted() == ["sensor-a/b"]


def test_a_stream_in_silence_is_given_comments(deck: Web) -> None:
    with Stream(deck, "sensor-silent") as stream:
        assert [stream.block() for _ in range(3)] == ["retry: 1000", ": beat", ": beat"]


def test_a_slow_client_skips_to_the_newest_and_costs_no_memory(redis_server: RedisServer, tmp_path: Path) -> None:
    with web(redis_server.url, tmp_path, workers=1) as deck:
        composer = Composer(press(connect(redis_server.url)))
        composer.tick()
        with Stream(deck, "overview") as quick, stuck(deck) as slow:
            followed(quick, composer)
            composer.padding = noise(300_000)
            before = resident(deck)
            for _ in range(100):  # 30 MB for a client that does not read
                _after_tick(quick, composer)
            assert resident(deck) - before < 10 << 20
            composer.padding = ""
            newest = composer.tick()
            assert newest in received(slow, newest)


def noise(size: int) -> str:
    """A text that compresses to about half."""
    return "".join(f"{(seed * 2_654_435_761) & 0xFFFFFFFF:08x}" for seed in range(size // 8))


def resident(deck: Web) -> int:
    """Resident bytes of the workers."""
    children = Path(f"/proc/{deck.process.pid}/task/{deck.process.pid}/children").read_text().split()
    return sum(int(Path(f"/proc/{child}/statm").read_text().split()[1]) * 4096 for child in children)


def stuck(deck: Web) -> socket.socket:
    """A client with a small buffer that asks for the stream and does not read it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE)
    client.connect((LOOPBACK, deck.port))
    cookie = deck.browser.headers()["Cookie"].encode()
    client.sendall(b"GET /live/overview HTTP/1.1\r\nHost: localhost\r\nCookie: " + cookie + b"\r\n\r\n")
    return client


def received(client: socket.socket, newest: int) -> list[int]:
    """Reads at last, up to frame `newest`; the seqs of all that came."""
    text = b""
    while b'"seq": %d,' % newest not in text:
        text += client.recv(1 << 20)
    return [int(part.partition(b",")[0]) for part in text.split(b'"seq": ')[1:]]


def test_streams_outlive_a_restart_of_redis(redis_server: RedisServer, tmp_path: Path) -> None:
    composer = Composer(press(connect(redis_server.url)))
    composer.tick()
    with web(redis_server.url, tmp_path, workers=1) as deck, Stream(deck, "overview") as stream:
        followed(stream, composer)
        redis_server.stop()
        with pytest.raises(Away):
            composer.tick()
        redis_server.start()
        composer.epoch, composer.seq = "f", 0
        ticking = threading.Event()
        clock = threading.Thread(target=_tick_until, args=(composer, ticking))
        clock.start()
        try:
            while (frame := stream.frame())["epoch"] != "f":
                pass
            assert frame["full"] == 1
            assert changes_until(stream, frame["seq"], frame["seq"] + 3)
        finally:
            ticking.set()
            clock.join()


def _tick_until(composer: Composer, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        composer.tick()


def test_a_worker_that_stops_ends_its_streams_and_says_goodbye(redis_server: RedisServer, tmp_path: Path) -> None:
    with web(redis_server.url, tmp_path) as deck, Stream(deck, "overview") as stream:
        stream.block()
        deck.process.terminate()
        with pytest.raises(EOFError):
            while stream.block():
                pass
        assert deck.process.wait(PATIENCE) == 0
        assert processes(connect(redis_server.url)) == []
