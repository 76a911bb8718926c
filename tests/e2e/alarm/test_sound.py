"""What an alarm desk sounds and says: decided by a pure function, heard by a recorder in place of loudspeaker and voice."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from model.alarm import Command
from store.board import Board
from tests.door import PASSWORD
from tests.e2e.deck import Deck
from tests.e2e.window import NoBrowser, Window, chromium
from tests.until import until

RECORDER = """
window.heard = {pulses: [], said: [], hushed: 0};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { heard.pulses.push(this.frequency.value); return start.call(this, at); };
const voices = [
  {lang: 'en-GB', localService: false, name: 'from elsewhere'},
  {lang: 'en-GB', localService: true, name: 'English'},
  {lang: 'zh-CN', localService: false, name: '云'},
];
Object.defineProperty(window, 'SpeechSynthesisUtterance', {value: class { constructor(text) { this.text = text; } }});
speechSynthesis.getVoices = () => voices;
speechSynthesis.speak = (words) => heard.said.push([words.voice.name, words.text]);
speechSynthesis.cancel = () => { heard.hushed += 1; };
"""
"""Listens at the oscillators of the real Web Audio, under the browser's real rule on sound before a click; stands in for the voices."""
DECIDE = """
const told = (each) => each !== undefined;
const words = ({tone, say, id, count, waiting}) => [tone && 'tone', tone, say, id, count, waiting].filter(told).join(' ');
let state = citydeck.sound.START;
return arguments[0].map(([now, event]) => {
  const {state: after, acts} = citydeck.sound.next(state, event, now);
  state = after;
  return acts.map(words);
});
"""
PRESS = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))"
SUMMARY = "[data-sound] summary"
MODE = "[data-sound] .mode"
LOST, HIGH = 880, 523
"""Hz of the first pulse of a burst."""


def row(id: str, priority: int, occurrence: int = 1) -> dict[str, Any]:
    return {"id": id, "priority": priority, "occurrence": occurrence}


def look(*rows: dict[str, Any], lost: str = "", standing: int | None = None, flood: int = 0) -> dict[str, Any]:
    return {"kind": "look", "rows": list(rows), "lost": lost, "standing": len(rows) if standing is None else standing, "flood": flood}


SILENCE = {"kind": "silence"}
HIGHS = [row(f"a{number}", 2) for number in range(20)]


STORIES: dict[str, list[tuple[float, dict[str, Any], list[str]]]] = {
    "a new alarm sounds, is spoken, and repeats until it is acknowledged": [
        (100, look(), []),
        (101, look(row("a", 2)), ["tone 2", "alarm a"]),
        (102, look(row("a", 2)), []),
        (116, look(row("a", 2)), ["tone 2"]),
        (117, look(standing=1), []),
        (140, look(standing=1), []),
    ],
    "the worst goes first, and of many only three are spoken": [
        (100, look(), []),
        (101, look(row("l", 4), row("c", 1), row("h", 2), row("m", 3), row("n", 3)), ["tone 1", "alarm c", "alarm h", "alarm m", "more 2"]),
        (111, look(row("l", 4), row("c", 1)), ["tone 1"]),
        (121, look(row("l", 4)), []),
        (171, look(row("l", 4)), ["tone 4"]),
    ],
    "what stood before is counted, not told one by one": [(100, look(row("a", 3), row("b", 2), standing=5), ["tone 2", "standing 5 2"])],
    "silence lasts until the next alarm, and acknowledges nothing": [
        (100, look(row("a", 2)), ["tone 2", "standing 1 1"]),
        (101, SILENCE, []),
        (400, look(row("a", 2)), []),
        (401, look(row("a", 2), row("b", 4)), ["tone 4", "alarm b"]),
        (416, look(row("a", 2), row("b", 4)), ["tone 2"]),
    ],
    "silence ends when nothing waits any more": [
        (100, look(row("a", 2)), ["tone 2", "standing 1 1"]),
        (101, SILENCE, []),
        (102, look(), []),
        (103, look(row("a", 2, 2)), ["tone 2", "alarm a"]),
    ],
    "a new occurrence and a worse priority sound anew, a better one does not": [
        (100, look(row("a", 3)), ["tone 3", "standing 1 1"]),
        (101, look(row("a", 3, 2)), ["tone 3", "alarm a"]),
        (102, look(row("a", 2, 2)), ["tone 2", "alarm a"]),
        (103, look(row("a", 3, 2)), []),
    ],
    "every 15 minutes a count while any stands, silenced or acknowledged": [
        (100, look(standing=2), []),
        (999, look(standing=2), []),
        (1000, look(standing=2), ["standing 2 0"]),
        (1100, look(), []),
        (1950, look(standing=1), []),
        (2849, look(standing=1), []),
        (2850, look(standing=1), ["standing 1 0"]),
    ],
    "a flood is one sound: told once, then only the worst repeats": [
        (100, look(), []),
        (101, look(*HIGHS[:11], flood=11), ["tone 2", "flood 11"]),
        (102, look(*HIGHS[:15], flood=15), []),
        (116, look(*HIGHS, flood=20), ["tone 2"]),
    ],
    "in a flood silence ends with a critical alarm": [
        (100, look(), []),
        (101, look(*HIGHS[:11], flood=11), ["tone 2", "flood 11"]),
        (102, SILENCE, []),
        (150, look(*HIGHS[:12], flood=12), []),
        (151, look(*HIGHS[:12], row("c", 1), flood=13), ["tone 1"]),
        (161, look(*HIGHS[:12], row("c", 1), flood=13), ["tone 1"]),
    ],
    "a flood breaks silence once, and after it alarms are told one by one again": [
        (100, look(row("a", 2)), ["tone 2", "standing 1 1"]),
        (101, SILENCE, []),
        (102, look(*HIGHS[:11], flood=11), ["tone 2", "flood 11"]),
        (103, look(standing=1, flood=11), []),
        (702, look(row("z", 2)), ["tone 2", "alarm z"]),
    ],
    "the loss of the alarm process goes before alarms, breaks silence, and its end is told": [
        (100, look(row("a", 1)), ["tone 1", "standing 1 1"]),
        (101, SILENCE, []),
        (102, look(row("a", 1), lost="process"), ["tone lost", "process"]),
        (103, look(row("a", 1), row("b", 1), lost="process"), ["tone 1", "alarm b"]),
        (123, look(row("a", 1), row("b", 1), lost="process"), ["tone lost", "process"]),
        (124, look(row("a", 1), row("b", 1), lost="connection"), ["tone lost", "connection"]),
        (125, SILENCE, []),
        (999, look(row("a", 1), row("b", 1), lost="connection"), []),
        (1000, look(row("a", 1), row("b", 1)), ["back", "standing 2 2"]),
    ],
    "nothing is decided of rows that are not known yet": [
        (100, {"kind": "look", "rows": None, "standing": 0, "flood": 0, "lost": ""}, []),
        (101, look(row("a", 4)), ["tone 4", "standing 1 1"]),
    ],
    "a clock that is set back does not keep the desk silent": [
        (5000, look(row("a", 1)), ["tone 1", "standing 1 1"]),
        (100, look(row("a", 1)), []),
        (110, look(row("a", 1)), ["tone 1"]),
    ],
}


def test_what_is_sounded(browser: Window) -> None:
    browser.open("/")
    decided = {story: browser.js(DECIDE, [[now, event] for now, event, _ in steps]) for story, steps in STORIES.items()}
    assert decided == {story: [acts for _, _, acts in steps] for story, steps in STORIES.items()}


@pytest.fixture(scope="module", autouse=True)
def keeper(deck: Deck) -> Iterator[None]:
    """The process of the alarms, while these tests last."""
    deck.start("alarms")
    yield
    deck.kill(deck.children["alarms"])


@pytest.fixture(autouse=True)
def whole(deck: Deck) -> Iterator[None]:
    """Whatever a test killed and did not start again runs for the next."""
    yield
    for name in ("alarms", "web"):
        if deck.children[name].poll() is not None:
            deck.start(name)


@pytest.fixture(scope="module")
def listener(deck: Deck, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """A browser of its own whose loudspeaker and voice are listened to, in which a supervisor is signed in."""
    try:
        driver = chromium(tmp_path_factory.mktemp("listener") / "profile")
    except NoBrowser as reason:
        pytest.skip(f"no browser: {reason}")
    window = Window(driver, deck.base)
    listened(window)
    window.sign_in("supervisor", PASSWORD)
    window.live()
    yield window
    driver.quit()


@pytest.fixture
def desk(listener: Window) -> Iterator[Window]:
    """A window at the sea desk that has heard nothing yet."""
    listener.js("localStorage.clear()")
    listener.open("/")
    sits(listener, "sea")
    yield listener
    listener.check()


def listened(window: Window) -> None:
    window.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORDER})


def sits(window: Window, desk: str) -> None:
    window.js("const [desk] = arguments; citydeck.desk = {...citydeck.desk, id: () => desk, manned: (id) => true}", desk)


def empties(window: Window, *desks: str) -> None:
    window.js("const [desks] = arguments; citydeck.desk = {...citydeck.desk, manned: (id) => !desks.includes(id)}", desks)


def comes(deck: Deck, buoy: str) -> None:
    """The buoy has measured too little oxygen for two minutes, and its alarm is on the board."""
    measures(deck, buoy)
    until(lambda: alarm(buoy) in Board(deck.client).load().alarms, f"the alarm of {buoy}")


def measures(deck: Deck, buoy: str) -> None:
    for age in (150.0, 80.0, 0.0):
        deck.send("sea", buoy, "dissolved_oxygen", 3.1, age)


def alarm(buoy: str) -> str:
    return f"sea/oxygen_low|sensor:{buoy}"


def acknowledge_all(deck: Deck) -> None:
    board = Board(deck.client)
    targets = tuple((each.id, each.occurrence) for each in board.load().alarms.values() if each.state in ("unacknowledged", "returned"))
    wish = Command(id=secrets.token_hex(8), wish="acknowledge", who="li", role="supervisor", targets=targets)
    answers = board.request(wish)
    assert answers is not None and {answer.outcome for answer in answers} == {"done"}


def pulses(window: Window) -> list[float]:
    found: list[float] = window.js("return heard.pulses")
    return found


def says(window: Window, text: str) -> None:
    """Returns when the English voice of this machine has said something with `text` in it."""
    try:
        window.until("return heard.said.some(([voice, said]) => voice === 'English' && said.includes(arguments[0]))", text, text)
    except AssertionError as error:
        raise AssertionError(f"{text!r} was not spoken, but {window.js('return heard.said')}") from error


def looks(window: Window) -> None:
    """Returns when the desk has looked at its alarms twice more."""
    asked = "return performance.getEntriesByType('resource').filter((each) => each.name.includes('desk/alarms')).length"
    before = window.js(asked)
    window.waits(lambda: window.js(asked) >= before + 2, "two looks")


def test_an_alarm_sounds_after_one_click_repeats_is_silenced_and_ends_when_acknowledged(deck: Deck, desk: Window) -> None:
    comes(deck, "sea-buoy-24")
    desk.reads(MODE, "Silent: click")
    assert pulses(desk) == []
    desk.click(SUMMARY)
    desk.reads(MODE, "Sound armed")
    says(desk, "unacknowledged")
    comes(deck, "sea-buoy-23")
    says(desk, "High. Low oxygen 3.1 mg/L")
    says(desk, "Dachan Island")
    assert HIGH in pulses(desk)
    before = len(pulses(desk))
    desk.waits(lambda: len(pulses(desk)) >= before + 5, "the tone again")
    desk.js(PRESS, "q")
    desk.reads(MODE, "Silenced")
    assert Board(deck.client).load().alarms[alarm("sea-buoy-23")].state == "unacknowledged"
    before = len(pulses(desk))
    comes(deck, "sea-buoy-22")
    says(desk, "Neilingding North")
    desk.reads(MODE, "Sound armed")
    assert len(pulses(desk)) >= before + 5
    acknowledge_all(deck)
    desk.until("return Object.keys(citydeck.sound.state().calling).length === 0", "nothing that calls")
    assert "from elsewhere" not in str(desk.js("return heard.said"))


def test_another_desk_stays_quiet_and_so_does_a_browser_without_one(deck: Deck, desk: Window) -> None:
    for elsewhere, mode in (("", "Silent: no desk"), ("east", "Sound armed")):
        sits(desk, elsewhere)
        desk.click("h1")
        desk.reads(MODE, mode)
    comes(deck, "sea-buoy-21")
    looks(desk)
    assert pulses(desk) == []
    sits(desk, "sea")
    desk.waits(lambda: HIGH in pulses(desk), "the tone at the desk in charge")
    acknowledge_all(deck)


def test_what_nobody_sits_at_sounds_at_the_supervisors_seat_and_else_at_every_one(deck: Deck, desk: Window) -> None:
    desk.click(SUMMARY)
    sits(desk, "east")
    empties(desk, "sea")
    comes(deck, "sea-buoy-18")
    looks(desk)
    assert pulses(desk) == []
    sits(desk, "supervisor")
    empties(desk, "sea")
    desk.waits(lambda: HIGH in pulses(desk), "the tone at the supervisor's seat")
    sits(desk, "east")
    empties(desk, "sea", "supervisor")
    before = len(pulses(desk))
    desk.waits(lambda: len(pulses(desk)) > before, "the tone at another desk")
    acknowledge_all(deck)


def test_two_windows_of_a_browser_sound_once_and_the_second_goes_on(deck: Deck, desk: Window) -> None:
    first = desk.driver.current_window_handle
    desk.click(SUMMARY)
    desk.until("return citydeck.sound.leads()", "the first window in the lead")
    desk.driver.switch_to.new_window("tab")
    listened(desk)
    desk.open("/")
    sits(desk, "sea")
    desk.click("h1")
    desk.reads(MODE, "Sound armed")
    second = desk.driver.current_window_handle
    comes(deck, "sea-buoy-20")
    desk.driver.switch_to.window(first)
    says(desk, "Baguang")
    desk.driver.close()
    desk.driver.switch_to.window(second)
    assert pulses(desk) == []
    desk.waits(lambda: HIGH in pulses(desk), "the tone in the window that is left")
    assert not desk.js("return heard.said.length")
    acknowledge_all(deck)


def test_where_there_is_no_voice_of_this_machine_the_page_says_so(desk: Window) -> None:
    desk.click(SUMMARY)
    desk.reads(MODE, "Sound armed")
    desk.click(SUMMARY)
    desk.reads("[data-sound] .why", "New alarms of this desk sound in this browser and repeat until they are acknowledged.")
    desk.reads("[data-sound] .mute", "")
    desk.click('[data-set-language="zh"]')
    desk.reads(MODE, "声音已开启")
    desk.click(SUMMARY)
    desk.reads("[data-sound] .mute", "本机没有中文语音：仅有提示音。")
    desk.click('[data-does="off"]')
    desk.reads(MODE, "静音：请点击")


def test_the_loss_of_the_alarm_process_is_told_by_eye_and_ear(deck: Deck, desk: Window) -> None:
    desk.click(SUMMARY)
    desk.reads(MODE, "Sound armed")
    deck.kill(deck.children["alarms"])
    says(desk, "Alarm process silent")
    assert LOST in pulses(desk)
    desk.holds("[data-feeds]", "Nobody keeps the alarms")
    measures(deck, "sea-buoy-17")
    says(desk, "High. Low oxygen 3.1 mg/L")  # of the reading before the last, if that alone is here: "1 min ago"
    deck.start("alarms")
    says(desk, "Alarms are kept again")
    desk.until("return document.querySelector('[data-feeds]').hidden", "the end of the sentence")
    until(lambda: alarm("sea-buoy-17") in Board(deck.client).load().alarms, "what came meanwhile on the board")
    acknowledge_all(deck)


def test_what_comes_while_nobody_keeps_the_alarms_stands_in_the_list_with_nothing_to_press(deck: Deck, desk: Window) -> None:
    offered = (
        "return [...document.querySelectorAll('[data-alarm] [data-act]')].filter((each) => !each.hidden).map((each) => each.dataset.act)"
    )
    comes(deck, "sea-buoy-16")
    deck.kill(deck.children["alarms"])
    measures(deck, "sea-buoy-15")
    framed = "return citydeck.held('conditions').rows.some((row) => row.id === arguments[0])"
    desk.until(framed, "the condition", alarm("sea-buoy-15"))
    desk.open(f"/alarms?fold=no&alarm={alarm('sea-buoy-15').replace('|', '%7C')}")
    desk.holds("[data-alarm] .chosen > .standing", "not recorded yet")
    assert desk.js(offered) == ["map"]
    desk.js("citydeck.alarms.choose(arguments[0])", alarm("sea-buoy-16"))
    button = "[data-alarm] [data-act='ack']"
    desk.until(
        f'const button = document.querySelector("{button}"); return button.disabled && !button.hidden', "a button that cannot be pressed"
    )
    assert desk.js(f'return document.querySelector("{button}").title') == "Nobody keeps the alarms: nothing can be recorded"
    deck.start("alarms")
    desk.until(
        "const row = citydeck.alarms.held().get(arguments[0]); return row && row.occurrence", "the row recorded", alarm("sea-buoy-15")
    )
    acknowledge_all(deck)


def test_a_desk_that_hears_nothing_from_the_server_says_so_by_itself(deck: Deck, desk: Window) -> None:
    desk.forgive += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "503"]
    desk.click(SUMMARY)
    desk.reads(MODE, "Sound armed")
    deck.kill(deck.children["web"])
    says(desk, "No connection")
    assert LOST in pulses(desk)
    desk.reads("[data-veil] b", "No connection")
    desk.holds("[data-veil] span", "No new alarm arrives here")
    deck.start("web")
    says(desk, "Alarms are kept again")
