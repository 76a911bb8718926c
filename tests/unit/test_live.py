"""What each client of a web worker gets: the newest full frame first, then changes that fit, and never a queue."""

from __future__ import annotations

import json
import zlib

import pytest

from callbacks.hub import BEAT_BLOCK, GZIP_HEADER, HELLO_BLOCK, Client, Hub, Watched, reached
from callbacks.live import page_of, split
from model import Label, Screen, Site
from store import Away
from store.frame import Frame, Frames, deflated, event_block


class Store(Frames):
    """Redis as the hub knows it: the newest full frame of each page, counted whenever it is asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, Frame] = {}
        self.asked = 0
        self.away = False

    def last(self, page: str) -> Frame | None:
        """As Frames.last."""
        self.asked += 1
        if self.away:
            raise Away("no answer")
        return self.kept.get(page)


class Wall:
    """One page, its hub and a composer that steps it forward; time stands still unless it is moved."""

    def __init__(self) -> None:
        self.store, self.now = Store(), 1000.0
        self.hub = Hub(self.store, lambda: self.now)
        self.page = self.hub._watched["overview"] = Watched("overview")
        self.seq = 0

    def client(self, sent: str | None = None) -> Client:
        """A client that was last sent `sent`."""
        client = Client(sent={"overview": sent})
        self.page.clients.add(client)
        return client

    def tick(self, full: bool = False, epoch: str = "a") -> None:
        """The composer's next frame: kept whole, told as a change."""
        self.seq += 1
        id = f"{epoch}-{self.seq}"
        self.store.kept["overview"] = Frame("overview", id, "", event_block(id, b'{"full":1}'))
        change = Frame("overview", id, f"{epoch}-{self.seq - 1}", event_block(id, b'{"full":0}'))
        self.hub.hear(self.store.kept["overview"] if full else change)

    def gets(self, client: Client) -> list[str]:
        """What is written to the client now, as `<id> full` or `<id> change`."""
        text = self.hub.due(client, [self.page], gzip=False).decode()
        events = [dict(line.split(": ", 1) for line in event.split("\n")) for event in text.split("\n\n") if event]
        return [f"{event['id']} {'full' if json.loads(event['data'])['full'] else 'change'}" for event in events]


@pytest.fixture
def wall() -> Wall:
    """A page of which three frames were composed."""
    wall = Wall()
    for _ in range(3):
        wall.tick()
    return wall


def test_a_newcomer_gets_the_newest_full_frame_then_changes(wall: Wall) -> None:
    client = wall.client()
    assert wall.gets(client) == ["a-3 full"]
    assert wall.gets(client) == []
    wall.tick()
    assert wall.gets(client) == ["a-4 change"]
    wall.tick()
    assert wall.gets(client) == ["a-5 change"]


def test_many_newcomers_ask_the_store_once(wall: Wall) -> None:
    assert [wall.gets(wall.client()) for _ in range(500)] == [["a-3 full"]] * 500
    assert wall.store.asked == 1


def test_a_page_that_nobody_composes_is_asked_for_once_a_second_by_all_together() -> None:
    wall = Wall()
    clients = [wall.client() for _ in range(200)]
    for _ in range(5):
        assert [wall.gets(client) for client in clients] == [[]] * 200
    assert wall.store.asked == 1
    wall.now += 2
    wall.tick()
    assert [wall.gets(client) for client in clients] == [["a-1 full"]] * 200
    assert wall.store.asked == 2


def test_a_frame_heard_after_the_snapshot_that_holds_it_is_dropped() -> None:
    wall = Wall()
    wall.tick()
    late = Frame("overview", "a-1", "a-0", event_block("a-1", b'{"full":0}'))
    wall.page.newest = None  # the snapshot was read before the subscription brought anything
    client = wall.client()
    assert wall.gets(client) == ["a-1 full"]
    wall.hub.hear(late)
    assert wall.gets(client) == []


def test_a_snapshot_newer_than_what_was_heard_is_followed_without_a_gap(wall: Wall) -> None:
    wall.store.kept["overview"] = Frame("overview", "a-4", "", event_block("a-4", b'{"full":1}'))
    wall.page.full = None
    client = wall.client()
    assert wall.gets(client) == ["a-4 full"]
    wall.tick()
    assert wall.gets(client) == []
    wall.tick()
    assert wall.gets(client) == ["a-5 change"]


def test_who_missed_a_change_gets_the_newest_full_frame(wall: Wall) -> None:
    client = wall.client("a-3")
    for _ in range(5):
        wall.tick()
    assert wall.gets(client) == ["a-8 full"]
    wall.tick()
    assert wall.gets(client) == ["a-9 change"]


def test_nothing_is_kept_for_a_client_that_is_not_written_to(wall: Wall) -> None:
    client = wall.client("a-3")
    for _ in range(1000):
        wall.tick()
    assert client.sent == {"overview": "a-3"}
    assert wall.gets(client) == ["a-1003 full"]


def test_a_full_frame_that_is_announced_goes_to_all(wall: Wall) -> None:
    close, behind = wall.client("a-3"), wall.client("a-1")
    wall.tick(full=True)
    assert wall.gets(close) == wall.gets(behind) == ["a-4 full"]
    assert wall.store.asked == 0


def test_a_new_epoch_begins_with_a_full_frame(wall: Wall) -> None:
    client = wall.client("a-3")
    wall.seq = 0
    wall.tick(epoch="b")
    assert wall.gets(client) == ["b-1 full"]
    wall.tick(epoch="b")
    assert wall.gets(client) == ["b-2 change"]


def test_while_the_store_is_away_nothing_is_sent_and_then_the_newest(wall: Wall) -> None:
    client, wall.store.away = wall.client("a-1"), True
    wall.tick()
    assert wall.gets(client) == []
    wall.store.away = False
    wall.tick()
    assert wall.gets(client) == ["a-5 full"]


def test_a_frame_of_long_ago_is_not_handed_to_a_newcomer(wall: Wall) -> None:
    wall.gets(wall.client())
    wall.store.kept.clear()
    wall.now += 60
    assert wall.gets(wall.client()) == []


def test_a_client_of_several_pages_gets_each_in_its_own_order(wall: Wall) -> None:
    other = wall.hub._watched["system"] = Watched("system")
    wall.store.kept["system"] = Frame("system", "a-7", "", event_block("a-7", b"{}"))
    client = Client(sent={"overview": "a-2", "system": None})
    body = wall.hub.due(client, [wall.page, other], gzip=False)
    assert client.sent == {"overview": "a-3", "system": "a-7"}
    assert body.count(b"event: frame") == 2


@pytest.mark.parametrize(
    ("id", "goal", "there"), [("a-9", "a-10", False), ("a-10", "a-9", True), ("a-9", "a-9", True), ("b-9", "a-1", False)]
)
def test_order_is_by_number_within_an_epoch(id: str, goal: str, there: bool) -> None:
    assert reached(id, goal) is there


def test_blocks_joined_in_any_order_are_one_gzip_stream() -> None:
    events = [event_block(f"a-{seq}", json.dumps({"seq": seq, "s": "深圳" * seq}).encode()) for seq in range(1, 4)]
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    parts = [GZIP_HEADER + HELLO_BLOCK, events[2], BEAT_BLOCK, events[0]]
    texts = [reader.decompress(part).decode() for part in parts]
    assert texts[0] == "retry: 1000\n\n"
    assert texts[1].startswith("id: a-3\nevent: frame\ndata: {") and texts[1].endswith("}\n\n")
    assert texts[2].startswith(":")
    assert json.loads(texts[3].split("data: ")[1])["seq"] == 1


def test_a_frame_is_as_readable_without_gzip() -> None:
    assert Frame("p", "a-1", "", event_block("a-1", b"{}")).text == b"id: a-1\nevent: frame\ndata: {}\n\n"
    assert Frame("p", "a-1", "", deflated(b"x" * 100_000)).text == b"x" * 100_000


def test_a_line_break_in_the_data_does_not_end_the_event() -> None:
    assert Frame("p", "a-1", "", event_block("a-1", b"{\n}")).text == b"id: a-1\nevent: frame\ndata: {\ndata: }\n\n"


SCREENS = (
    Screen(id="wall-1", page="domain-sea", language="en", theme="dark", distance=5.0),
    Screen(id="overview", page="system", language="en", theme="dark", distance=5.0),
)
SITE = Site(
    folder="", label=Label(en="", zh=""), zone="UTC", areas=(), screens=SCREENS, extent=(0, 0, 1, 1), review_number="", sensors={}
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("overview", "overview"),
        ("system", "system"),
        ("domain-sea", "domain-sea"),
        ("domain-fire", None),
        ("domain-", None),
        ("sensor-a/b", "sensor-a/b"),
        ("sensor-", None),
        ("wall-1", "domain-sea"),
        ("wall-2", None),
        ("~wall", "~wall"),
        ("~r1~overview", "~r1~overview"),
        ("~r1~wall-1", "~r1~domain-sea"),
        ("~r1~nothing", None),
        ("~r1", None),
        ("", None),
    ],
)
def test_names_are_pages_then_screens(name: str, page: str | None) -> None:
    assert page_of(name, SITE, {"sea": None}) == page  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("raw", "path", "names"),
    [
        ("/live/overview", "overview", ["overview"]),
        ("/live/a+b?x=1+2", "a+b", ["a", "b"]),
        ("/live/sensor-a%2Fb%2Bc+d", "sensor-a/b+c+d", ["sensor-a/b+c", "d"]),
        ("/live/sensor-%E6%B5%B7", "sensor-海", ["sensor-海"]),
        ("", "a+b", ["a", "b"]),
    ],
)
def test_names_are_split_before_they_are_decoded(raw: str, path: str, names: list[str]) -> None:
    assert split(raw, path) == names
