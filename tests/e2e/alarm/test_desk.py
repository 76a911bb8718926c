"""The supervisor's desk: keys and the half second, what stands in the address, many at once, rows that stay where they are."""

from __future__ import annotations

from tests.e2e.deck import Deck
from tests.e2e.supervisor import OUTCOME, acknowledges, acts, alarm, comes, press, returns, row, selects, settles, stands
from tests.e2e.window import Window

JUST_CAME, ELSEWHERE, OVER = "sea-buoy-01", "sea-buoy-02", "sea-buoy-03"
COVERED = "sea-buoy-12"
MANY = ("sea-buoy-05", "sea-buoy-06", "sea-buoy-07")
FLOOD = ("sea-buoy-04", "sea-buoy-11", *(f"sea-buoy-{number}" for number in range(13, 25)))
TIDY = ("sea-buoy-08", "sea-buoy-09", "sea-buoy-10")
AT_ONCE = """
citydeck.alarms.onChange(() => {
  const row = citydeck.alarms.chosen();
  if (window.pressed || !row || row.id !== arguments[0]) return;
  window.pressed = true;
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}));
  document.querySelector('[data-act="ack"]').click();
});
"""
COMPOSES = """
const told = {key: 'Enter', isComposing: true, bubbles: true, cancelable: true};
document.querySelector('[data-alarm-form] textarea').dispatchEvent(new KeyboardEvent('keydown', told));
"""
SHOWN = "return citydeck.alarms.shown().map((row) => row.id)"
ORDER = "const found = []; citydeck.gridApi('alarms-grid').forEachNodeAfterFilterAndSort((node) => found.push(node.data.id)); return found"


def test_neither_key_nor_button_acts_on_an_alarm_that_has_just_been_drawn(deck: Deck, supervisor: Window) -> None:
    supervisor.open(f"/alarms?fold=no&filter={JUST_CAME}")
    supervisor.js(AT_ONCE, alarm(JUST_CAME))
    comes(deck, JUST_CAME)
    supervisor.reads(OUTCOME, "It has just appeared: look first, then press again")
    stands(supervisor, JUST_CAME, "unacknowledged")
    acknowledges(supervisor, JUST_CAME)
    supervisor.reads(OUTCOME, "Acknowledged, recorded")


def test_the_key_that_acknowledges_brings_the_alarm_to_the_desk_from_elsewhere(deck: Deck, supervisor: Window) -> None:
    comes(deck, ELSEWHERE)
    supervisor.open("/")
    first = supervisor.until("const line = citydeck.held('line'); return line && line.occurrence ? line.id : null", "the alarm line")
    state = supervisor.js("return citydeck.held('line').state")
    press(supervisor, "a")
    supervisor.until("return location.pathname === '/alarms' && citydeck.alarms.chosen()", "the desk with an alarm selected")
    assert supervisor.js("return citydeck.alarms.chosen().id") == first
    assert supervisor.js("return new URLSearchParams(location.search).get('alarm')") == first
    assert supervisor.js("return {unacknowledged: 1, acknowledged: 2, returned: 3}[citydeck.alarms.chosen().state]") == state
    supervisor.open("/")
    supervisor.until(
        "const link = document.querySelector('[data-line] a'); return link.href.includes('/alarms?alarm=')", "the link of the line"
    )


def test_an_alarm_that_is_over_is_told_from_the_journal_by_its_address(deck: Deck, supervisor: Window) -> None:
    comes(deck, OVER, age=600)
    selects(supervisor, OVER)
    acknowledges(supervisor, OVER)
    supervisor.reads(OUTCOME, "Acknowledged, recorded")
    returns(deck, OVER, age=300)
    stands(supervisor, OVER, "none")
    supervisor.open(f"/alarms?fold=no&alarm={alarm(OVER).replace('|', '%7C')}")
    supervisor.reads("[data-alarm] h2 .name", "Low oxygen")
    supervisor.reads("[data-alarm] .chosen > .standing", "This alarm is over")
    supervisor.holds("[data-alarm] .events", "acknowledged · supervisor")
    offered = "[data-act]:not([hidden]):not(:disabled)"
    assert supervisor.js("return [...document.querySelectorAll(arguments[0])].map((each) => each.dataset.act)", offered) == ["map"]


def test_what_is_asked_for_stands_in_the_address_and_the_tree_of_areas_sets_it(deck: Deck, supervisor: Window) -> None:
    comes(deck, MANY[0])
    selects(supervisor, MANY[0])
    area = supervisor.js("return citydeck.alarms.chosen().area")
    supervisor.js("document.querySelector('[data-alarm-filters] .areas').open = true")
    supervisor.until("return document.querySelector('.tree .level0')", "the tree")
    sums = "return [...document.querySelectorAll(arguments[0])].map((cell) => Number(cell.innerText)).reduce((sum, each) => sum + each, 0)"
    assert (
        supervisor.js(sums, ".tree .level0 .all") == supervisor.js(sums, ".tree .level1 .all") == supervisor.js(sums, ".tree .level2 .all")
    )
    supervisor.click(f'.tree [data-wish="area={area}&domain=sea&priority=2"]')
    supervisor.until("return location.search.includes('priority=2')", "the address")
    kept = supervisor.js("return citydeck.alarms.shown().map((row) => [row.area, row.domain, row.priority].join())")
    assert set(kept) == {f"{area},sea,2"}
    supervisor.open(supervisor.path())
    supervisor.until("return citydeck.alarms.shown().length", "the same again")
    assert set(supervisor.js("return citydeck.alarms.shown().map((row) => [row.area, row.domain, row.priority].join())")) == set(kept)
    supervisor.click('.chips [data-drop="area"]')
    supervisor.until("return !location.search.includes('area=')", "the area dropped")
    supervisor.open("/alarms?fold=no&filter=no+such+words")
    supervisor.holds("[data-alarms] .waiting", "is what you asked for")


def test_on_every_page_the_areas_add_up_and_lead_to_the_desk(deck: Deck, supervisor: Window) -> None:
    comes(deck, MANY[0])
    supervisor.open("/domain/air")
    supervisor.click(".line .areas > summary")
    all_of = "return [...document.querySelectorAll(arguments[0])].reduce((sum, cell) => sum + Number(cell.innerText), 0)"
    supervisor.until("return Number(document.querySelector('.line .tree .level0 .all')?.innerText) > 0", "the tree")
    sums = {supervisor.js(all_of, f".line .tree .{level} .all") for level in ("level0", "level1", "level2")}
    assert len(sums) == 1
    supervisor.click('.line .tree .level2 [data-wish$="domain=sea"]')
    supervisor.until("return location.pathname === '/alarms' && citydeck.alarms.shown().length", "the desk")
    assert set(supervisor.js("return citydeck.alarms.shown().map((row) => row.domain)")) == {"sea"}


CHANGE = """
const rules = citydeck.known.domains.flatMap((domain) => domain.rules.map((rule) => [domain.key, rule.key, rule.comparison]));
const [domain, rule] = rules.find((each) => each[2] === 'rate');
return citydeck.condition({domain, rule: domain + '/' + rule, subject: 'sensor:-', value: 6, limit: 3}).value;
"""


def test_the_amount_of_a_change_comes_first_in_both_languages(supervisor: Window) -> None:
    """The pane shows the first word of it large."""
    supervisor.open("/alarms")
    english = supervisor.js(CHANGE)
    supervisor.click('[data-set-language="zh"]')
    supervisor.until("return citydeck.language() === 'zh'", "the other language")
    chinese = supervisor.js(CHANGE)
    assert english != chinese and english.split()[0] == chinese.split()[0]


def test_under_an_open_menu_keys_do_nothing_and_escape_closes_it(deck: Deck, supervisor: Window) -> None:
    comes(deck, COVERED)
    selects(supervisor, COVERED)
    open_menus = "return [...document.querySelectorAll('details[open]')].map((each) => each.className)"
    for name in ("duty", "areas"):
        supervisor.js("document.querySelector(arguments[0]).click()", f"main details.{name} > summary")
        supervisor.waits(lambda: len(supervisor.js(open_menus)) == 1 and name in supervisor.js(open_menus)[0], "one menu")  # noqa: B023
        press(supervisor, "a")
        assert supervisor.js("return document.querySelector(arguments[0]).innerText", OUTCOME) == ""
    press(supervisor, "Escape")
    assert supervisor.js(open_menus) == []
    stands(supervisor, COVERED, "unacknowledged")
    acts(supervisor, COVERED, "a")
    supervisor.reads(OUTCOME, "Acknowledged, recorded")


def test_counts_follow_the_desk_and_the_address_keeps_it_on_the_way_to_the_map_and_back(deck: Deck, supervisor: Window) -> None:
    comes(deck, COVERED)
    count = "return Number(document.querySelector('[data-tab=all] .count').innerText)"
    for name in ("sea", "east"):
        supervisor.open(f"/alarms?fold=no&desk={name}")
        supervisor.until(f"return citydeck.held('duties') && (() => {{ {count} }})() === citydeck.alarms.shown().length", "its counts")
    supervisor.open(f"/alarms?fold=no&desk=sea&alarm={alarm(COVERED).replace('|', '%7C')}")
    settles(supervisor, COVERED)
    for key in ("Escape", "Escape", "m"):
        press(supervisor, key)
    supervisor.until("return !document.querySelector('[data-alarms]')", "the map")
    supervisor.js("history.back()")
    supervisor.until("return document.querySelector('[data-alarms]') && citydeck.alarms.shown().length", "the desk again")
    assert supervisor.js("return new URLSearchParams(location.search).get('desk')") == "sea"
    acts(supervisor, COVERED, "m")
    supervisor.until("return !document.querySelector('[data-alarms]')", "the map")
    supervisor.js("document.querySelector(arguments[0]).click()", 'a[href="/alarms"]')
    supervisor.until("return document.querySelector('[data-alarms]') && location.search.includes('desk=sea')", "the desk by its link")


def test_many_are_acknowledged_at_once_after_their_number_was_confirmed(deck: Deck, supervisor: Window) -> None:
    for buoy in MANY:
        comes(deck, buoy)
    supervisor.open("/alarms?fold=no&show=open&domain=sea&priority=2")
    for buoy in MANY:
        stands(supervisor, buoy, "unacknowledged")
    supervisor.until("return citydeck.me() && citydeck.alarms.shown().every((row) => citydeck.alarms.settled(row))", "rows that have stood")
    waiting = supervisor.js("return citydeck.alarms.shown().filter((row) => row.unseen).length")
    press(supervisor, "A", shiftKey=True)
    supervisor.holds("[data-alarm-form][open] .question", f"Acknowledge {waiting} alarms: {waiting} high")
    stands(supervisor, MANY[0], "unacknowledged")
    supervisor.element("[data-alarm-form] textarea").send_keys("storm")
    supervisor.js(COMPOSES)
    assert supervisor.js("return document.querySelector('[data-alarm-form]').open")
    supervisor.click("[data-alarm-form] .yes")
    supervisor.reads(OUTCOME, f"{waiting} of {waiting} recorded as acknowledged")
    for buoy in MANY:
        stands(supervisor, buoy, "acknowledged")
        supervisor.holds(f'{row(buoy)} [col-id="note"]', "supervisor: storm")


def test_rows_stay_where_they_are_while_somebody_works_through_them(deck: Deck, supervisor: Window) -> None:
    for buoy in TIDY:
        comes(deck, buoy)
    supervisor.open("/alarms?fold=no&show=open&domain=sea")
    for buoy in TIDY:
        stands(supervisor, buoy, "unacknowledged")
    press(supervisor, "j")
    before = supervisor.js(ORDER)
    buoy = supervisor.js("return citydeck.alarms.chosen().subject").removeprefix("sensor:")
    acts(supervisor, buoy, "a")
    supervisor.reads(OUTCOME, "Acknowledged, recorded")
    stands(supervisor, buoy, "acknowledged")
    press(supervisor, "j")
    after = supervisor.js(ORDER)
    assert after == before and supervisor.js("return citydeck.alarms.chosen().id") == before[before.index(alarm(buoy)) + 1]
    press(supervisor, "k")
    assert supervisor.js("return citydeck.alarms.chosen().id") == alarm(buoy)


def test_in_a_flood_rows_of_one_rule_and_area_are_folded_and_open_by_a_key(deck: Deck, supervisor: Window) -> None:
    supervisor.open("/alarms?desk=sea")
    for buoy in FLOOD:
        comes(deck, buoy)
    supervisor.holds("[data-alarm-flood] span", "Alarm flood at Sea desk since ")
    for buoy in FLOOD:
        stands(supervisor, buoy, "unacknowledged")
    fold = "fold:daya-bay|sea/oxygen_low"
    members = (
        "const node = citydeck.gridApi('alarms-grid').getRowNode(arguments[0]); return node ? node.data.members.map((row) => row.id) : []"
    )
    inside = {alarm(f"sea-buoy-{number}") for number in (16, 17, 18)}
    supervisor.waits(lambda: inside <= set(supervisor.js(members, fold)), "rows in the fold")
    drawn = "return Boolean(citydeck.gridApi('alarms-grid').getRowNode(arguments[0]))"
    assert not supervisor.js(drawn, alarm("sea-buoy-17"))
    supervisor.js("citydeck.gridApi('alarms-grid').getRowNode(arguments[0]).setSelected(true, true)", fold)
    press(supervisor, "Enter")
    supervisor.until(drawn, "a row of the opened fold", alarm("sea-buoy-17"))
    press(supervisor, "Enter")
    supervisor.until(f"return !(() => {{ {drawn} }})()", "the fold closed", alarm("sea-buoy-17"))
    supervisor.click("[data-alarm-flood] button")
    supervisor.until("return location.search.includes('fold=no')", "every row, by the address")
    supervisor.until(drawn, "every row", alarm("sea-buoy-17"))
