"""Two operators hand over at one desk: the log book, the pack, both signatures, and the browser that is the next one's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.person import User
from tests.door import PASSWORD
from tests.e2e.conftest import seated
from tests.e2e.deck import Deck
from tests.e2e.window import Window

HOSTILE = '"><img src=x onerror="document.title=1"> 看好 2 号泵'
ACT = '[data-handover-act="{0}"]'
SIGNED = "[data-handover] .signed"


@pytest.fixture
def li(deck: Deck, keeper: None, tmp_path: Path) -> Iterator[Window]:
    """A browser in which the operator of the night sits."""
    for name, display in (("li", "Li Na"), ("wang", "Wang Wei <b>")):
        deck.welcome(User(name=name, display=display, role="operator"))
    yield from seated(deck, tmp_path, "li")


def writes(window: Window, text: str) -> None:
    """Writes an entry into the log book and sees it recorded."""
    window.click("[data-log] [data-log-write]")
    window.element("[data-log-form] textarea").send_keys(text)
    window.click("[data-log-form] .yes")
    window.holds("[data-log] tbody", text)


def test_two_operators_hand_over(li: Window, deck: Deck) -> None:
    li.open("/alarms")
    li.until("return citydeck.me() && citydeck.held('duties') && citydeck.held('duties').sea", "who answers for what")
    li.click("[data-duty] summary")
    li.click('[data-duty] .desks button[data-key="sea"]')
    li.until("return citydeck.desk.id() === 'sea'", "the desk")
    li.open("/log")
    writes(li, HOSTILE)
    li.open("/log?words=" + "2")
    li.holds("[data-log] tbody", "Li Na")
    li.open("/handover")
    li.holds("[data-handover] .sections", HOSTILE)
    li.until("return !document.querySelector('[data-handover-act=\"make\"]').disabled", "the desk's own pack")
    li.element("[data-handover] .outgoing textarea").send_keys(HOSTILE)
    li.click(ACT.format("make"))
    li.holds(SIGNED, "Li Na")
    li.until("return location.search.startsWith('?pack=')", "the pack's own address")
    li.forgive.append("401")  # a wrong password
    li.element('[data-handover] .here input[name="name"]').send_keys("wang")
    li.element('[data-handover] .here input[name="password"]').send_keys("wrong")
    li.click(ACT.format("here"))
    li.holds("[data-handover] .signing .outcome", "wrong")
    li.element('[data-handover] .here input[name="password"]').send_keys(PASSWORD)
    li.click(ACT.format("here"))
    li.until("return citydeck.me && citydeck.me() && citydeck.me().name === 'wang'", "the next one's browser")
    li.holds(SIGNED, "Wang Wei <b>")
    li.until("return citydeck.desk.id() === 'sea'", "the seat of the next one")
    assert li.js("return document.title") != "1"
    (pack, *_) = deck.json("/api/v1/handovers?desk=sea")["handovers"]
    assert [each["person"] for each in pack["signatures"]] == ["li", "wang"] and pack["intact"]
    status, body = deck.get(f"/api/v1/handovers/{pack['id']}/pdf?language=zh")
    assert status == 200 and body.startswith(b"%PDF")
    li.open("/log")
    writes(li, "taken over")
    assert deck.json("/api/v1/log?words=taken")["entries"][0]["author"] == "wang"


def test_an_address_of_no_desk_is_told(supervisor: Window) -> None:
    supervisor.forgive.append("404")
    supervisor.open("/handover?desk=nowhere")
    supervisor.holds("[data-handover] .pack .waiting", "no such desk")
