"""The story of an alarm: a reading over the limit, two people at two desks, its return, and its coming anew."""

from __future__ import annotations

import pytest

from tests.e2e.deck import Deck
from tests.e2e.supervisor import OUTCOME, acknowledges, acts, alarm, comes, returns, row, selects, stands
from tests.e2e.window import Window

pytestmark = pytest.mark.usefixtures("keeper")
BUOY, SHELVED, LOOKED_AT = "sea-buoy-21", "sea-buoy-20", "sea-buoy-19"


def test_from_a_reading_over_the_limit_to_an_acknowledged_returned_and_rearmed_alarm(
    deck: Deck, browser: Window, supervisor: Window
) -> None:
    comes(deck, BUOY, age=900)
    selects(supervisor, BUOY)
    supervisor.reads(f'{row(BUOY)} [col-id="standing"]', "Unacknowledged")
    supervisor.reads("[data-alarm] .measure .value", "3.1")
    supervisor.holds("[data-alarm] dl", "Respond within")
    supervisor.until("return !document.querySelector('.place').hidden && document.querySelector('.place .land')", "its place on the map")
    supervisor.holds("[data-alarm] .month", "Last 30 days: 1 time")
    selects(browser, BUOY)
    browser.js("Object.defineProperty(document, 'hidden', {value: true})")  # a window in the background does not ask for news

    acknowledges(supervisor, BUOY)
    supervisor.reads(OUTCOME, "Acknowledged, recorded")
    supervisor.holds("[data-alarm] .chosen > .standing", "Acknowledged by supervisor")
    supervisor.reads(f'{row(BUOY)} [col-id="standing"]', "Acknowledged")
    supervisor.holds("[data-alarm] .events", "acknowledged · supervisor")
    browser.forgive.append("/ack")  # the answer is an error, and the browser notes that
    acknowledges(browser, BUOY)
    browser.holds(OUTCOME, "Already acknowledged by supervisor at ")
    browser.click('[data-set-language="zh"]')
    browser.holds(OUTCOME, "supervisor 已于 ")

    returns(deck, BUOY, age=600)
    stands(supervisor, BUOY, "none")
    supervisor.reads("[data-alarm] .chosen > .standing", "This alarm is over")
    supervisor.holds("[data-alarm] .month", "median")
    supervisor.holds("[data-alarm] .events", "returned")

    comes(deck, BUOY, age=300)
    stands(supervisor, BUOY, "unacknowledged")
    assert supervisor.js("return citydeck.alarms.held().get(arguments[0]).occurrence", alarm(BUOY)) == 2
    acknowledges(supervisor, BUOY)
    supervisor.reads(OUTCOME, "Acknowledged, recorded")
    supervisor.holds("[data-alarm] .month", "Last 30 days: 2 times")


def test_an_alarm_is_shelved_with_a_reason_and_found_by_it(deck: Deck, supervisor: Window) -> None:
    comes(deck, SHELVED)
    selects(supervisor, SHELVED)
    acts(supervisor, SHELVED, "s")
    supervisor.holds("[data-alarm-form][open] .question", "Shelve this alarm: Low oxygen")
    assert supervisor.js("return document.querySelector('[data-alarm-form] .yes').disabled")
    supervisor.element("[data-alarm-form] textarea").send_keys("<b>dredging</b>")
    supervisor.click("[data-alarm-form] .yes")
    supervisor.reads(OUTCOME, "Shelved, recorded")
    supervisor.open("/alarms?fold=no&show=shelved&filter=dredging")
    supervisor.holds(f'{row(SHELVED)} [col-id="note"]', "<b>dredging</b>")
    supervisor.click('[data-tab="open"]')
    supervisor.until(f"return !document.querySelector('{row(SHELVED)}') && location.search.includes('show=open')", "the row hidden")


def test_who_may_only_look_is_offered_nothing_to_press(deck: Deck, browser: Window) -> None:
    comes(deck, LOOKED_AT)
    selects(browser, LOOKED_AT)
    browser.until("return citydeck.me()", "who it is")
    browser.js("citydeck.me().role = 'viewer'; citydeck.repaint()")
    shown = "return [...document.querySelectorAll('[data-act]')].filter((each) => !each.hidden).map((each) => each.dataset.act).join()"
    browser.waits(lambda: browser.js(shown) == "map", "only the map")
