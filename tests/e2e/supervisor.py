"""What a supervisor does at the desk in a real browser, and how a buoy goes over its limit and comes back."""

from __future__ import annotations

from tests.e2e.deck import Deck
from tests.e2e.window import Window

PRESS = """
const [key, more] = [arguments[0], arguments[1] || {}];
document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true, ...more}));
"""
SETTLED = """
const row = citydeck.alarms.chosen();
return Boolean(citydeck.me() && row && row.id === arguments[0] && row.occurrence > 0 && citydeck.alarms.settled(row));
"""
STATE = "const row = citydeck.alarms.held().get(arguments[0]); return row ? row.state : 'none'"
OUTCOME = "[data-alarm] .chosen > .outcome"


def alarm(buoy: str) -> str:
    """The id of its alarm."""
    return f"sea/oxygen_low|sensor:{buoy}"


def row(buoy: str) -> str:
    """Its row in the grid, for CSS."""
    return f'#alarms-grid [row-id="{alarm(buoy)}"]'


def comes(deck: Deck, buoy: str, age: float = 0.0) -> None:
    """The buoy measured too little oxygen for longer than the rule waits, the last time `age` seconds ago."""
    for more in (150.0, 80.0, 0.0):
        deck.send("sea", buoy, "dissolved_oxygen", 3.1, age + more)


def returns(deck: Deck, buoy: str, age: float = 0.0) -> None:
    """And enough for longer than the rule waits."""
    for more in (140.0, 70.0, 0.0):
        deck.send("sea", buoy, "dissolved_oxygen", 6.4, age + more)


def press(window: Window, key: str, **more: bool) -> None:
    """Presses a key, with `shiftKey` or `ctrlKey`."""
    window.js(PRESS, key, more)


def acts(window: Window, buoy: str, key: str) -> None:
    """Presses a key at a moment at which its alarm is selected, has stood for so long that it may be acted on, and who looks is known."""
    pressed = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[1], bubbles: true, cancelable: true}));"
    window.until(f"if (!(() => {{ {SETTLED} }})()) return false; {pressed} return true;", f"a row for {key}", alarm(buoy), key)


def acknowledges(window: Window, buoy: str) -> None:
    """Presses the key that acknowledges."""
    acts(window, buoy, "a")


def settles(window: Window, buoy: str) -> None:
    """Returns when its alarm is selected and has stood for so long that it may be acted on."""
    window.until(SETTLED, "a row that has stood for half a second", alarm(buoy))


def selects(window: Window, buoy: str, path: str = "") -> None:
    """Opens the desk at the buoy's alarm, as a link from elsewhere does."""
    window.open(path or f"/alarms?fold=no&alarm={alarm(buoy).replace('|', '%7C')}")
    settles(window, buoy)


def stands(window: Window, buoy: str, state: str) -> None:
    """Returns when its alarm is in that state on the board that the window holds; `none` when it is off the board."""
    window.until(f"return (() => {{ {STATE} }})() === arguments[1]", f"the alarm {state}", alarm(buoy), state)
