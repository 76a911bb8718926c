"""Whatever happens in whatever order, the alarms are where a plain account of their life says, and every event is told once, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from model import PRIORITIES
from model.alarm import Answer, Wish
from streams.timer import SHELF_SECONDS
from tests.unit.story import Story, high

RE_ALARM, ESCALATE = 300.0, 120.0
RULES = {
    "plain": high("plain"),
    "latching": high("latching", latching=True),
    "insisting": high("insisting", "medium", re_alarm=RE_ALARM, escalate_after=ESCALATE),
}
SUBJECTS = ("sensor:a", "sensor:c")


@dataclass
class Account:
    """One alarm's life, told in plain words. Nothing here is shared with what is tested."""

    rule: str
    true: bool = False
    waiting: bool = False
    """Somebody has to acknowledge."""
    latched: bool = False
    unseen: bool = False
    """It came on the shelf, and nobody was told."""
    occurrence: int = 0
    count: int = 1
    first: str = ""
    shelf: float | None = None
    one_shot: bool = False
    called: float = 0.0
    free: float = 0.0
    """When it last left the shelf: nothing falls due on it."""
    acknowledged: float = 0.0
    steps: int = 0
    """Priorities above its rule's."""
    risen: bool = False
    """Since it last called."""
    log: list[str] = field(default_factory=list)

    @property
    def shelved(self) -> bool:
        return self.shelf is not None

    def comes(self, time: float) -> None:
        if self.true:
            return
        if self.waiting:
            self.count += 1
            self.unseen = self.unseen and self.shelved
            self.log.append("repeated")
        else:
            self.occurrence, self.count, self.first = self.occurrence + 1, 1, ""
            self.steps, self.risen = 0, False
            self.unseen, self.called = self.shelved, time
            self.log.append("raised")
        self.true, self.waiting, self.latched = True, True, False

    def goes(self, time: float) -> None:
        if not self.true:
            return
        self.true = False
        self.latched = self.rule == "latching"
        self.log.append("latched" if self.latched else "returned")
        if self.unseen and not self.latched:
            self.waiting = self.unseen = False
        if self.one_shot and self.shelved:
            self.leaves_shelf(time)

    def leaves_shelf(self, time: float) -> None:
        self.shelf, self.one_shot, self.free = None, False, time
        self.log.append("unshelved")
        self.unseen = False
        if self.waiting:
            self.called = time

    def passes(self, time: float) -> None:
        """What falls due up to `time`, earliest first."""
        while True:
            falls: list[tuple[float, str]] = []
            if self.shelf is not None:
                falls.append((self.shelf, "shelf"))
            elif self.rule == "insisting" and self.true:
                if self.waiting and not self.risen and self.steps < 2:
                    falls.append((self.called + ESCALATE, "escalated"))
                if not self.waiting:
                    falls.append((max(self.acknowledged + RE_ALARM, self.free), "realarmed"))
            due, what = min(falls, default=(time + 1, ""))
            if due > time:
                return
            if what == "shelf":
                self.leaves_shelf(due)
                continue
            self.log.append(what)
            if what == "escalated":
                self.steps, self.risen = self.steps + 1, True
            else:
                self.waiting, self.first, self.called, self.risen = True, "", due, False

    @property
    def state(self) -> str:
        if self.true or self.latched:
            return "unacknowledged" if self.waiting else "acknowledged"
        return "returned" if self.waiting else "normal"


class Life(RuleBasedStateMachine):
    """Edges, time, people, take-overs, lost and repeated edges, and writes that fail."""

    @initialize()
    def begin(self) -> None:
        self.story = Story(*RULES.values())
        self.accounts = {(key, subject): Account(key) for key in RULES for subject in SUBJECTS}
        self.edges: list[tuple[str, str, bool, float]] = []
        self.log: dict[str, list[str]] = {}
        self.sources: set[str] = set()
        self.newest: dict[str, float] = {}
        self.known = 0

    def heard(self) -> None:
        """Notes what happened since; no event may come twice, nor go back in time."""
        self.story.kinds()
        for event in self.story.events[self.known :]:
            assert event.source not in self.sources, event
            assert event.time >= self.newest.get(event.alarm, 0.0), event
            self.newest[event.alarm] = event.time
            self.sources.add(event.source)
            self.log.setdefault(event.alarm, []).append(event.kind)
        self.known = len(self.story.events)

    def pass_time(self, seconds: float) -> None:
        self.story.now += seconds
        for account in self.accounts.values():
            account.passes(self.story.now)

    @rule(seconds=st.sampled_from([1.0, 7.0, 60.0, 130.0, 400.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)
        self.story.core.advance(self.story.now, self.story.now)
        self.heard()

    @rule(key=st.sampled_from(sorted(RULES)), subject=st.sampled_from(SUBJECTS), active=st.booleans(), late=st.booleans())
    def edge(self, key: str, subject: str, active: bool, late: bool) -> None:
        """A condition changes; when the news is `late`, time has not yet been told to go on."""
        self.pass_time(1.0)
        if not late:
            self.story.core.advance(self.story.now, self.story.now)
        account = self.accounts[key, subject]
        account.comes(self.story.now) if active else account.goes(self.story.now)
        account.passes(self.story.now)
        self.edges.append((key, subject, active, self.story.now))
        self.tell(self.edges[-1])
        self.story.core.advance(self.story.now, self.story.now)
        self.heard()

    def tell(self, edge: tuple[str, str, bool, float]) -> None:
        key, subject, active, time = edge
        self.story.core.edge(self.story.condition(key, active, time, subject), f"edge:{len(self.edges)}:{time}")

    @rule()
    def every_edge_again(self) -> None:
        for edge in self.edges:
            self.tell(edge)
        self.heard()

    @rule(key=st.sampled_from(sorted(RULES)), subject=st.sampled_from(SUBJECTS))
    def the_edge_is_lost(self, key: str, subject: str) -> None:
        """A condition becomes true and its edge is never seen: the next look finds it."""
        account = self.accounts[key, subject]
        if account.true:
            return
        self.pass_time(1.0)
        self.story.core.advance(self.story.now, self.story.now)
        account.comes(self.story.now)
        standing = [
            self.story.condition(one.rule, True, self.story.now if one is account else self.since(one.rule, where), where)
            for (_, where), one in self.accounts.items()
            if one.true
        ]
        account.passes(self.story.now)
        self.story.healer.look(standing, lambda alarm: True, ())
        self.story.core.advance(self.story.now, self.story.now)
        self.heard()

    def since(self, key: str, subject: str) -> float:
        return self.story.alarm(key, subject).edge

    @rule()
    def a_write_fails(self) -> None:
        """What was decided is taken back, and decided again later."""
        self.story.core.edge(self.story.condition("plain", True, self.story.now + 0.25, "sensor:a"), "edge:never")
        self.story.core.edge(self.story.condition("latching", False, self.story.now + 0.25, "sensor:c"), "edge:never:2")
        self.story.core.undo()

    @rule()
    def another_takes_over(self) -> None:
        self.story.again()

    @rule(key=st.sampled_from(sorted(RULES)), subject=st.sampled_from(SUBJECTS), who=st.sampled_from(["Wang", "Li"]))
    def acknowledge(self, key: str, subject: str, who: str) -> None:
        account = self.accounts[key, subject]
        answer = self.wish("acknowledge", key, subject, who=who)
        if account.waiting:
            assert answer.outcome == "done"
            account.waiting, account.unseen, account.first, account.acknowledged = False, False, who, self.story.now
            account.log.append("acknowledged")
        elif account.first:
            assert (answer.outcome, answer.who) == ("already", account.first)
        else:
            assert answer.outcome in ("gone", "absent")

    @rule(key=st.sampled_from(sorted(RULES)), subject=st.sampled_from(SUBJECTS))
    def reset(self, key: str, subject: str) -> None:
        account = self.accounts[key, subject]
        answer = self.wish("reset", key, subject)
        if account.latched and not account.waiting:
            assert answer.outcome == "done"
            account.latched = False
            account.log.append("reset")
        else:
            assert answer.outcome in ("not_now", "gone", "absent")

    @rule(key=st.sampled_from(sorted(RULES)), subject=st.sampled_from(SUBJECTS), minutes=st.sampled_from([None, 1.0, 10.0]))
    def shelve(self, key: str, subject: str, minutes: float | None) -> None:
        account = self.accounts[key, subject]
        until = None if minutes is None else self.story.now + 60 * minutes
        answer = self.wish("shelve", key, subject, note="because", until=until)
        assert answer.outcome == ("already" if account.shelved else "done")
        if not account.shelved:
            longest = SHELF_SECONDS[PRIORITIES[1 if account.rule != "insisting" else 2 - account.steps]]
            account.shelf, account.one_shot = until or self.story.now + longest, until is None
            account.log.append("shelved")

    @rule(key=st.sampled_from(sorted(RULES)), subject=st.sampled_from(SUBJECTS))
    def unshelve(self, key: str, subject: str) -> None:
        account = self.accounts[key, subject]
        if self.wish("unshelve", key, subject).outcome == "done":
            account.leaves_shelf(self.story.now)
        account.passes(self.story.now)
        self.story.core.advance(self.story.now, self.story.now)
        self.heard()

    def wish(self, what: Wish, key: str, subject: str, **more: Any) -> Answer:
        answer = self.story.answer(what, f"{key}|{subject}", **more)
        self.heard()
        return answer

    @invariant()
    def they_agree(self) -> None:
        for (key, subject), account in self.accounts.items():
            id = f"sea/{key}|{subject}"
            assert self.log.get(id, []) == account.log
            alarm = self.story.core.alarms.get(id)
            if alarm is None:
                assert account.occurrence == 0 and not account.shelved
                continue
            assert (alarm.state, alarm.latched, alarm.occurrence) == (account.state, account.latched, account.occurrence)
            assert alarm.shelf is None or account.shelved
            if account.waiting:
                assert alarm.count == account.count and (alarm.announced is None) == account.unseen


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
