"""The alarms of the city: what edges, rules, time and overlays make of them."""

from __future__ import annotations

import itertools

import pytest

from model import Calendar, Worse
from model.alarm import Shelf
from streams.timer import CALM_SECONDS, SHELF_SECONDS, STALE_SECONDS
from tests.unit.city import START, rule
from tests.unit.story import HOUR, Story, high

# --- edges ---------------------------------------------------------------------------------------------------------------------------


def test_an_alarm_comes_is_acknowledged_returns_and_re_arms() -> None:
    story = Story(high())
    assert story.edge("high", True, 1) == ["raised"]
    assert story.where("high") == "unacknowledged" and story.alarm("high").area == "bay"
    assert story.wish("acknowledge", "high|sensor:a") == "done"
    assert story.edge("high", False, 5) == ["returned"]
    assert story.board() == set()
    assert story.edge("high", True, 9) == ["raised"]
    assert story.alarm("high").occurrence == 2 and story.alarm("high").acknowledgement is None


def test_coming_back_unacknowledged_is_counted_not_repeated() -> None:
    story = Story(high())
    for second in range(0, 10, 2):
        story.edge("high", True, 100 * second)
        story.edge("high", False, 100 * second + 100)
    assert (story.alarm("high").occurrence, story.alarm("high").count, story.where("high")) == (1, 5, "returned")
    assert [event.kind for event in story.events if event.annunciated] == ["raised"]


def test_an_edge_that_is_not_newer_is_a_repetition() -> None:
    """Redis was rebuilt from Kafka: the day's edges come again."""
    story, day = Story(high()), [(True, 1), (False, 5), (True, 9), (False, 20)]
    for active, second in day:
        story.edge("high", active, second)
    story.wish("acknowledge", "high|sensor:a")
    known = len(story.events)
    story.again()
    for active, second in day:
        assert story.edge("high", active, second) == []
    assert len(story.events) == known and story.board() == set()
    assert story.edge("high", True, 21) == ["raised"]


def test_the_outcome_is_the_same_one_by_one_or_all_at_once() -> None:
    one, all_at_once = (Story(high(priority="medium", re_alarm=50.0, escalate_after=30.0)) for _ in range(2))
    for second in range(0, 200, 40):
        for story in (one, all_at_once):
            story.edge("high", second % 80 == 0, second)
        one.at(second + 39)
    one.at(500)
    all_at_once.at(500)
    assert one.alarm("high") == all_at_once.alarm("high")
    assert [(event.kind, event.time) for event in one.events] == [(event.kind, event.time) for event in all_at_once.events]


def test_a_condition_of_no_rule_raises_nothing_and_an_alarm_without_its_rule_returns() -> None:
    story = Story(high())
    assert story.edge("gone", True, 1) == []
    story.edge("high", True, 2)
    story.book.rules.clear()
    assert story.edge("high", False, 3) == ["returned"]


def test_every_event_has_a_source_of_its_own() -> None:
    rules = (high(priority="medium", re_alarm=60.0, escalate_after=60.0), rule("silent", "oxygen", "no_data", 60.0))
    story = Story(*rules)
    for second in range(0, 4000, 100):
        story.edge("high", second % 300 != 0, second, f"sensor:n{second % 7}")
        story.edge("silent", second % 400 == 0, second + 1, f"sensor:n{second % 7}")
        story.at(second + 50)
    sources = [event.source for event in story.events]
    assert len(sources) > 60 and len(set(sources)) == len(sources)


# --- what rules may say --------------------------------------------------------------------------------------------------------------


def test_a_latching_alarm_stays_until_acknowledged_and_reset() -> None:
    story = Story(high(latching=True))
    story.edge("high", True, 1)
    assert story.edge("high", False, 2) == ["latched"]
    assert story.wish("reset", "high|sensor:a") == "not_now"
    assert story.wish("acknowledge", "high|sensor:a") == "done"
    assert story.board() == {"sea/high|sensor:a"}
    assert story.wish("reset", "high|sensor:a") == "done"
    assert story.board() == set()


def test_a_latched_alarm_that_comes_again() -> None:
    story = Story(high(latching=True))
    story.edge("high", True, 1)
    story.edge("high", False, 2)
    assert story.edge("high", True, 3) == ["repeated"]
    story.edge("high", False, 4)
    story.wish("acknowledge", "high|sensor:a")
    assert story.edge("high", True, 5) == ["raised"]
    assert story.alarm("high").occurrence == 2 and story.where("high") == "unacknowledged"


WORSE = high("high", "medium", worse=Worse(limit=20.0, priority="critical"))


def test_a_worse_limit_is_a_new_occurrence_with_its_priority() -> None:
    story = Story(WORSE)
    story.edge("high", True, 1)
    story.wish("acknowledge", "high|sensor:a")
    assert story.edge("high+", True, 2) == ["worsened"]
    alarm = story.alarm("high")
    assert (alarm.occurrence, alarm.priority, alarm.limit, alarm.state) == (2, "critical", 20.0, "unacknowledged")
    assert set(story.core.alarms) == {"sea/high|sensor:a"}


def test_a_worse_alarm_keeps_its_priority_until_it_returns() -> None:
    story = Story(WORSE)
    story.edge("high", True, 1)
    story.edge("high+", True, 1)
    assert story.edge("high+", False, 2) == [] and story.alarm("high").priority == "critical"
    assert story.edge("high+", True, 3) == ["repeated"]
    story.wish("acknowledge", "high|sensor:a")
    story.edge("high+", False, 4)
    assert story.edge("high+", True, 5) == ["worsened"]
    assert story.edge("high", False, 6) == ["returned"]
    assert story.edge("high+", False, 6) == []
    story.wish("acknowledge", "high|sensor:a")
    story.edge("high", True, 7)
    assert (story.alarm("high").priority, story.alarm("high").limit) == ("medium", 10.0)


def test_both_limits_passed_in_either_order() -> None:
    for first, second in (("high", "high+"), ("high+", "high")):
        story = Story(WORSE)
        kinds = story.edge(first, True, 1) + story.edge(second, True, 1)
        assert kinds == (["raised", "worsened"] if first == "high" else ["raised"])
        assert story.alarm("high").priority == "critical"
        assert story.edge("high", False, 2) == ["returned"]


def test_a_lesser_thing_set_aside_does_not_set_a_worse_one_aside() -> None:
    story = Story(WORSE)
    story.edge("high", True, 1)
    story.wish("shelve", "high|sensor:a", role="operator", note="works", until=story.now + 600)
    assert story.edge("high+", True, 2) == ["unshelved", "worsened"]
    assert story.events[-1].annunciated


def test_an_acknowledged_alarm_that_still_stands_comes_back_after_a_time() -> None:
    story = Story(high(re_alarm=600.0))
    story.edge("high", True, 0)
    story.at(10)
    story.wish("acknowledge", "high|sensor:a")
    assert story.at(609) == []
    assert story.at(611) == ["realarmed"]
    assert story.alarm("high").occurrence == 1 and story.where("high") == "unacknowledged"
    assert story.at(5000) == []
    story.wish("acknowledge", "high|sensor:a")
    story.edge("high", False, 5100)
    assert story.at(9000) == []


def test_who_is_not_acknowledged_in_time_counts_one_priority_higher_once() -> None:
    story = Story(high(priority="medium", escalate_after=300.0))
    story.edge("high", True, 0)
    assert story.at(299) == []
    assert story.at(301) == ["escalated"]
    assert (story.alarm("high").priority, story.alarm("high").escalated) == ("high", True)
    assert story.at(HOUR) == []
    story.wish("acknowledge", "high|sensor:a")
    story.edge("high", False)
    story.now += 1
    story.edge("high", True)
    assert story.alarm("high").priority == "medium"


def test_who_is_called_again_and_does_not_come_is_escalated_again() -> None:
    story = Story(high(priority="medium", escalate_after=300.0, re_alarm=600.0))
    story.edge("high", True, 0)
    assert story.at(301) == ["escalated"]
    story.wish("acknowledge", "high|sensor:a")
    assert story.at(901) == ["realarmed"] and story.alarm("high").priority == "high"
    assert story.at(1200) == [] and story.at(1202) == ["escalated"]
    assert story.alarm("high").priority == "critical"
    story.wish("acknowledge", "high|sensor:a")
    assert story.at(HOUR) == ["realarmed"] and story.alarm("high").priority == "critical"


def test_an_acknowledged_or_returned_alarm_is_not_escalated() -> None:
    story = Story(high(priority="medium", escalate_after=300.0))
    story.edge("high", True, 0)
    story.edge("high", True, 0, "sensor:b")
    story.wish("acknowledge", "high|sensor:a")
    story.edge("high", False, 10, "sensor:b")
    assert story.at(HOUR) == []


NIGHT = Calendar(days=("fri",), hours=(22.0, 6.0))
"""START is 03:30 on Saturday, 21 November 2026, in Shanghai: within."""


def test_out_of_its_hours_an_alarm_is_suppressed() -> None:
    story = Story(high(calendar=NIGHT))
    story.edge("high", True, 60)
    assert story.where("high") == "unacknowledged"
    assert story.at(2.6 * HOUR) == ["suppressed"]
    assert story.alarm("high").suppressed == "calendar" and story.alarm("high").changed == START + 60
    assert story.edge("high", False, 3 * HOUR) == ["returned"]
    assert story.wish("acknowledge", "high|sensor:a") == "done"
    assert story.board() == set()


def test_an_alarm_that_comes_out_of_its_hours_calls_when_they_begin() -> None:
    story = Story(high(calendar=Calendar(hours=(8.0, 20.0))))
    assert story.edge("high", True, 0) == ["suppressed", "raised"]
    assert story.where("high") == "unannounced"
    assert story.at(4.4 * HOUR) == []
    assert story.at(4.6 * HOUR) == ["unsuppressed"]
    assert story.events[-1].annunciated and story.events[-1].time == START + 4.5 * HOUR


def test_what_came_and_went_unseen_is_nobodys_to_acknowledge() -> None:
    story = Story(high(calendar=Calendar(hours=(8.0, 20.0))))
    story.edge("high", True, 0)
    assert story.edge("high", False, 5) == ["returned", "unsuppressed"]
    assert story.board() == set() and not any(event.annunciated for event in story.events)


# --- suppression by design -----------------------------------------------------------------------------------------------------------

SILENT = rule("silent", "oxygen", "no_data", 60.0, priority="low")
WARM = rule("warm", "temperature", "high", 30.0, priority="medium")


def test_a_feed_that_is_down_suppresses_its_sensors() -> None:
    story = Story(high(), WARM, rule("low_kpi", "oxygen_lowest", "low", 4.0))
    story.edge("high", True, 1)
    story.edge("low_kpi", True, 2, "kpi:oxygen_lowest")
    assert story.edge("feed_down", True, 60, "feed:sea") == ["raised", "suppressed", "suppressed"]
    assert story.alarm("high").suppressed == "sea/feed_down|feed:sea"
    assert story.edge("warm", True, 61) == ["suppressed", "raised"]
    assert story.edge("feed_down", False, 90, "feed:sea") == ["returned", "unsuppressed", "unsuppressed", "unsuppressed"]
    assert [event.alarm for event in story.events if event.kind == "unsuppressed" and event.annunciated] == ["sea/warm|sensor:a"]


def test_a_critical_alarm_is_suppressed_only_by_what_its_rule_names() -> None:
    story = Story(high(priority="critical"), high("worst", "critical", limit=30.0))
    story.edge("high", True, 1)
    story.edge("worst", True, 2)
    assert story.edge("feed_down", True, 60, "feed:sea") == ["raised"]
    named = Story(high(priority="critical", suppressed_by=("worst",)), high("worst", "critical", limit=30.0))
    named.edge("high", True, 1)
    assert named.edge("worst", True, 2) == ["raised", "suppressed"]
    assert named.edge("worst", True, 3, "sensor:b") == ["raised"]


def test_what_came_and_went_in_a_backlog_is_the_journals_and_calls_nobody() -> None:
    story = Story(high())
    assert story.edge("high", True, 0, found=3 * HOUR) == ["suppressed", "raised"]
    assert story.alarm("high").suppressed == "backlog"
    assert story.edge("high", False, 600, found=3 * HOUR) == ["returned", "unsuppressed"]
    assert story.where("high") == "normal" and not any(event.annunciated for event in story.events)


def test_what_still_stands_when_the_backlog_is_caught_up_with_calls() -> None:
    story = Story(high())
    story.edge("high", True, 0, found=3 * HOUR)
    story.at(3 * HOUR)
    assert story.look(observed=3 * HOUR, current=False) == []
    assert story.look(observed=3 * HOUR, newest=2 * HOUR) == [], "the bureau is still sending the past"
    story.again()
    story.at(3 * HOUR)
    assert story.look(observed=3 * HOUR, newest=3 * HOUR) == ["unsuppressed"]
    assert story.where("high") == "unacknowledged" and story.alarm("high").announced == START + 3 * HOUR
    assert [event.annunciated for event in story.events] == [False, False, True]


def test_a_backlog_behind_which_the_feed_fell_silent_is_over() -> None:
    story = Story(high())
    story.edge("high", True, 0, found=3 * HOUR)
    story.edge("feed_down", True, 3 * HOUR, subject="feed:sea")
    story.look("high", since=START, newest=2 * HOUR)
    assert story.alarm("high").suppressed == "sea/feed_down|feed:sea"


def test_what_is_ten_minutes_late_or_critical_calls_at_once() -> None:
    story = Story(high(worse=Worse(limit=20.0, priority="critical")))
    assert story.edge("high", True, 0, found=600) == ["raised"]
    assert story.edge("high", True, 0, "sensor:b", found=601) == ["suppressed", "raised"]
    assert story.edge("high+", True, 9, "sensor:b", found=HOUR) == ["unsuppressed", "worsened"]
    assert story.events[-1].annunciated


def test_a_silent_quantity_suppresses_its_own_alarm() -> None:
    story = Story(high(), SILENT)
    story.edge("high", True, 1)
    assert story.edge("silent", True, 100) == ["raised", "suppressed"]
    assert story.edge("silent", True, 100, "sensor:b") == ["raised"]


def test_a_silent_quantity_suppresses_another_of_its_station_only_when_that_is_silent_too() -> None:
    story = Story(WARM, SILENT)
    story.edge("warm", True, 1, observed=START + 1)
    story.look(observed=START + 99)
    assert story.edge("silent", True, 100) == ["raised"]
    story.at(140)
    assert story.look(observed=START + 99) == ["suppressed"]
    story.at(150)
    assert story.look(observed=START + 149) == ["unsuppressed"]


def test_a_suppressor_on_the_shelf_still_stands_for_what_it_suppresses() -> None:
    story = Story(high())
    story.edge("feed_down", True, 1, "feed:sea")
    story.wish("shelve", "feed_down|feed:sea", note="known", until=story.now + 600)
    assert story.edge("high", True, 2) == ["suppressed", "raised"]


# --- the shelf -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
def test_a_shelved_alarm_comes_back_by_itself_also_after_a_restart(restarted: bool) -> None:
    story = Story(high())
    story.edge("high", True, 0)
    assert story.wish("shelve", "high|sensor:a", note="works", until=START + 600) == "done"
    if restarted:
        story.again()
    assert story.at(599) == []
    assert story.at(601) == ["unshelved"]
    assert story.where("high") == "unacknowledged" and story.events[-1].time == START + 600


def test_one_shot_shelving_ends_with_the_next_return() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.wish("shelve", "high|sensor:a", note="works", until=None)
    assert story.edge("high", False, 100) == ["returned", "unshelved"]
    assert story.where("high") == "returned"


def test_one_shot_shelving_ends_after_the_longest_time_too() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.wish("shelve", "high|sensor:a", note="works", until=None)
    assert story.at(SHELF_SECONDS["high"] - 1) == []
    assert story.at(SHELF_SECONDS["high"] + 1) == ["unshelved"]


def test_what_comes_on_the_shelf_calls_when_it_leaves_it() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.edge("high", False, 1)
    story.wish("acknowledge", "high|sensor:a")
    assert story.board() == set()
    assert story.wish("shelve", "high|sensor:a", note="works", until=START + 600) == "done"
    assert story.board() == {"sea/high|sensor:a"}
    assert story.edge("high", True, 10) == ["raised"] and not story.events[-1].annunciated
    assert story.at(601) == ["unshelved"] and story.events[-1].annunciated


def test_under_an_overlay_nothing_calls_again_or_rises() -> None:
    story = Story(high(priority="medium", re_alarm=100.0, escalate_after=100.0))
    story.edge("high", True, 0)
    story.edge("high", True, 0, "sensor:b")
    story.wish("acknowledge", "high|sensor:b")
    story.wish("out_of_service", "high|sensor:a", "high|sensor:b", note="works", until=START + 86_400)
    assert story.at(HOUR) == []
    story.wish("return_to_service", "high|sensor:a")
    assert story.at(HOUR + 99) == [] and story.at(HOUR + 101) == ["escalated"]


# --- nuisance ------------------------------------------------------------------------------------------------------------------------


def test_three_comings_in_a_minute_chatter_until_it_is_calm() -> None:
    story = Story(high())
    for second in (0, 20, 40):
        story.edge("high", True, second)
        story.edge("high", False, second + 15)
    assert story.alarm("high").marks == ("chattering",)
    story.at(40 + CALM_SECONDS - 1)
    assert story.alarm("high").marks == ("chattering",)
    story.at(40 + CALM_SECONDS + 1)
    assert story.alarm("high").marks == ()


def test_two_a_minute_do_not_chatter() -> None:
    story = Story(high())
    for second in (0, 40, 80):
        story.edge("high", True, second)
        story.edge("high", False, second + 15)
    assert story.alarm("high").marks == ()


def test_chattering_is_seen_through_acknowledgements() -> None:
    story = Story(high())
    for second in (0, 20, 40):
        story.edge("high", True, second)
        story.wish("acknowledge", "high|sensor:a")
        story.edge("high", False, second + 15)
    assert story.alarm("high").marks == ("chattering",) and story.alarm("high").occurrence == 3


def test_gone_within_ten_seconds_is_fleeting_until_it_comes_again() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.edge("high", False, 9)
    assert story.alarm("high").marks == ("fleeting",)
    story.edge("high", True, 100)
    assert story.alarm("high").marks == ()
    story.edge("high", False, 111)
    assert story.alarm("high").marks == ()


def test_true_for_more_than_a_day_is_stale() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.wish("acknowledge", "high|sensor:a")
    story.at(STALE_SECONDS - 1)
    assert story.alarm("high").marks == ()
    assert story.at(STALE_SECONDS + 1) == []
    assert story.alarm("high").marks == ("stale",)
    story.edge("high", False)
    assert story.alarm("high").marks == ()


# --- healing -------------------------------------------------------------------------------------------------------------------------


def test_a_lost_coming_is_found() -> None:
    story = Story(high())
    assert story.look("high", since=START - 5) == ["raised"]
    assert story.look("high", since=START - 5) == []
    assert story.events[0].source == f"reconcile:sea/high|sensor:a:{START - 5!r}"


def test_a_lost_return_is_found_when_it_was_missed_for_long_enough() -> None:
    story = Story(high(on_delay=60.0))
    story.edge("high", True, 0)
    for second in range(10, 80, 10):
        story.at(second)
        assert story.look() == []
    story.at(80)
    assert story.look() == ["returned"]


def test_nobody_is_missed_where_nobody_looks() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    for second in range(10, 200, 10):
        story.at(second)
        assert story.look(current=False) == []
    assert story.look(touched=True) == []


def test_what_was_missed_by_mistake_comes_back() -> None:
    """Redis was emptied; the judge has to find the condition anew and does so with its first time."""
    story = Story(high())
    story.edge("high", True, 0)
    for second in (10, 20, 30):
        story.at(second)
        story.look()
    assert story.where("high") == "returned"
    assert story.look("high", since=START) == ["repeated"]
    for second in (40, 50, 60):
        story.at(second)
        story.look()
    assert story.where("high") == "returned" and story.look("high", since=START) == ["repeated"]
    assert len({event.source for event in story.events}) == len(story.events)


def test_a_condition_whose_alarm_returned_by_an_edge_stays_returned() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.edge("high", False, 5)
    assert story.look("high", since=START) == []


def test_an_alarm_of_a_rule_that_is_no_more_returns() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.book.rules.clear()
    story.at(10)
    story.look()
    story.at(21)
    assert story.look() == ["returned"]


def test_after_a_month_a_normal_alarm_is_forgotten() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.edge("high", False, 5)
    story.wish("acknowledge", "high|sensor:a")
    story.at(31 * 86_400)
    story.healer.look([], lambda alarm: True, ())
    assert story.core.changes().forgotten == ["sea/high|sensor:a"]


# --- taking back ---------------------------------------------------------------------------------------------------------------------


def test_what_is_undone_never_happened() -> None:
    story = Story(high(priority="medium", escalate_after=50.0), high("other", limit=12.0))
    story.edge("high", True, 0)
    before = dict(story.core.alarms)
    story.core.edge(story.condition("other", True, START + 10), "edge:x")
    story.core.edge(story.condition("high", False, START + 11), "edge:y")
    story.core.advance(START + 100, START + 100)
    story.core.undo()
    assert story.core.alarms == before and story.kinds() == []
    assert story.at(100) == ["escalated"] and story.events[-1].time == START + 50


def test_undoing_a_flood() -> None:
    story = Story(high())
    for i in range(11):
        story.core.edge(story.condition("high", True, START + i, f"sensor:n{i}"), f"edge:{i}")
    assert set(story.core.floods.on) == {"sea"}
    story.core.undo()
    assert story.core.floods.on == {} and story.core.alarms == {}
    story.edge("high", True, 20)
    assert story.core.floods.on == {}


# --- floods --------------------------------------------------------------------------------------------------------------------------


def test_a_flood_begins_above_ten_and_ends_below_five() -> None:
    story = Story(high())
    for i in range(10):
        assert story.edge("high", True, 10 * i, f"sensor:n{i}") == ["raised"]
    assert story.edge("high", True, 100, "sensor:n10") == ["raised", "flood_began"]
    flood = story.core.floods.on["sea"]
    assert (flood.first, flood.first_at, flood.count, flood.began) == ("sea/high|sensor:n0", START, 11, START + 100)
    assert story.events[-1].desk == "sea" and story.events[-1].detail["first"] == "sea/high|sensor:n0"
    assert story.at(600 + 59) == []
    assert story.at(600 + 61) == ["flood_ended"]
    assert story.events[-1].time == START + 660 and story.events[-1].detail["count"] == 11


def test_a_flood_goes_on_while_alarms_come() -> None:
    story = Story(high())
    for i in range(60):
        story.edge("high", True, 100 * i, f"sensor:n{i}")
    assert not story.core.floods.on
    for i in range(60, 100):
        story.edge("high", True, 6000 + 50 * (i - 60), f"sensor:n{i}")
    kinds = [event.kind for event in story.events if event.kind.startswith("flood")]
    assert kinds == ["flood_began"] and story.core.floods.on["sea"].count > 30


def test_floods_are_a_desks_own() -> None:
    story = Story(high())
    for i in range(8):
        story.edge("high", True, i, f"sensor:n{i}")
    for i, other in enumerate(("c", "d", "unlisted-1", "unlisted-2")):
        story.edge("high", True, 8 + i, f"sensor:{other}")
    assert story.core.floods.on == {}
    for i in range(4, 13):
        story.edge("high", True, 20 + i, f"sensor:unlisted-{i}")
    assert set(story.core.floods.on) == {"supervisor"}


def test_what_calls_nobody_floods_nobody() -> None:
    story = Story(high(calendar=Calendar(hours=(8.0, 20.0))))
    for i in range(20):
        story.edge("high", True, i, f"sensor:n{i}")
    assert story.core.floods.on == {} and not any(event.annunciated for event in story.events)
    story.at(4.55 * HOUR)
    assert set(story.core.floods.on) == {"sea"}


def test_repeats_are_no_flood() -> None:
    story = Story(high())
    for i, active in zip(range(100), itertools.cycle((True, False)), strict=False):
        story.edge("high", active, i)
    assert story.core.floods.on == {} and story.alarm("high").count == 50


def test_a_shelf_of_another_priority_is_as_long_as_that_allows() -> None:
    story = Story(high(priority="low"))
    story.edge("high", True, 0)
    story.wish("shelve", "high|sensor:a", note="works", until=START + 80_000)
    assert isinstance(story.alarm("high").shelf, Shelf) and story.at(70_000) == []
