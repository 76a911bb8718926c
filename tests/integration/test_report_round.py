"""Who makes reports: at ten past midnight, mailed once whatever dies, again while the mail server is away, one process at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.memory import RedisServer
from demo.port import LOOPBACK, free_port
from layouts.print import document
from layouts.print.word import Language
from model import ReplayClock
from model.outside import Mailbox
from model.report import Brand, Mailing, Span
from store import clock as clocks
from store.archive import reached
from store.clock import Clock
from store.connect import connect
from store.day import begin
from store.report import Revision
from streams.post import Attachment
from streams.pulse import Pulse
from streams.report.compose import Sources, make
from streams.report.round import Reporter, due
from tests.report import DAY, City
from tests.until import until


class Postmaster:
    """Keeps what it is handed; refuses while `away`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.away = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.away:
            return "451 later"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def office(postmaster: Postmaster) -> Iterator[Mailbox]:
    controller = Controller(postmaster, hostname=LOOPBACK, port=free_port())
    controller.start()
    try:
        yield Mailbox(to=("mayor@example.org",), sender="deck@example.org", host=LOOPBACK, port=controller.port, tls="none")
    finally:
        controller.stop()


def draw(revision: Revision, language: Language) -> Sequence[Attachment]:
    return [
        Attachment(
            document.named(asdict(revision), "pdf", language), "application/pdf", document.drawn(asdict(revision), "pdf", language, Brand())
        )
    ]


def say(revision: Revision, language: Language) -> tuple[str, str]:
    return document.letter(asdict(revision), language)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[City]:
    found = City(tmp_path)
    found.simulate(DAY, 3600.0)
    yield found
    found.engine.dispose()


def reporter(town: City, redis: RedisServer, via: Mailbox, moment: float) -> Reporter:
    """One whose clock stands at a moment."""
    client = connect(redis.url)
    clocks.publish(client, ReplayClock(wall=0.0, event=moment, rate=0.0))
    mailing = Mailing(name="mayor", via=via, language="zh", spans=("day",))
    sources = town.sources()
    clock = Clock(client, lambda: 1_795_104_600.0)
    return Reporter(sources, client, sources.feeds, [mailing], {}, draw, say, clock, Pulse(client, "report"))


def turns(reporter: Reporter, true: object) -> None:
    def look() -> bool:
        reporter.turn()
        return bool(true()) if callable(true) else True

    until(look, "what the process does")
    reporter._pool.shutdown()


def test_what_is_due_is_told_by_the_local_clock() -> None:
    def at(hour: int, minute: int) -> list[tuple[str, date]]:
        return list(due(datetime(2026, 12, 1, hour, minute, tzinfo=UTC)))

    assert at(0, 9)[0] == ("day", date(2026, 11, 29)), "before ten past the day before is not yesterday"
    assert at(0, 10) == [
        ("day", date(2026, 11, 30)),
        ("week", date(2026, 11, 29)),
        ("month", date(2026, 11, 30)),
        ("day", date(2026, 11, 29)),
        ("day", date(2026, 11, 28)),
    ]


def test_yesterday_is_mailed_once(town: City, redis_server: RedisServer) -> None:
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    with office(postmaster) as via:
        turns(reporter(town, redis_server, via, moment), lambda: postmaster.mails)
        again = reporter(town, redis_server, via, moment)
        turns(again, lambda: again._made)
    (mail,) = postmaster.mails
    assert mail["Subject"] == "大鹏日报: 2026年11月19日 星期四 00:00 至 24:00 (UTC+8)" and mail["To"] == "mayor@example.org"
    (paper,) = mail.iter_attachments()
    assert paper.get_filename() == f"citydeck-day-{DAY}-r1-zh.pdf" and paper.get_content().startswith(b"%PDF")
    assert town.sources().reports.numbers("day", DAY) == [1]


def test_a_day_without_data_has_a_report_unless_the_history_had_not_begun(town: City, redis_server: RedisServer) -> None:
    with office(Postmaster()) as via:
        for days in (0, 3):  # the days before the first one, then that one and two without data
            one = reporter(town, redis_server, via, begin(DAY + timedelta(days), town.zone) / 1000 + 660)
            turns(one, lambda one=one: len(one._made) == 5)
    assert town.sources().reports.days("day") == [DAY, DAY + timedelta(1), DAY + timedelta(2)]


def test_a_mail_that_was_not_taken_is_tried_again(town: City, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.report.round.AGAIN_SECONDS", 0.0)
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    postmaster.away = True
    with office(postmaster) as via:
        one = reporter(town, redis_server, via, moment)

        def tried() -> bool:
            postmaster.away = not one._made
            return bool(postmaster.mails)

        turns(one, tried)
    assert len(postmaster.mails) == 1


def test_while_a_mail_is_refused_the_report_is_not_made_again_and_again(
    town: City, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[tuple[Span, date]]()

    def counted(sources: Sources, kind: Span, day: date, wall: float) -> Revision:
        made.append((kind, day))
        return make(sources, kind, day, wall)

    monkeypatch.setattr("streams.report.round.make", counted)
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    postmaster.away = True
    with office(postmaster) as via:
        one = reporter(town, redis_server, via, moment)
        rounds = iter(range(1000))
        turns(one, lambda: len(one._made) == 5 and next(rounds) == 20)
    assert len(made) == len(set(made)) and made[0] == ("day", DAY)


def test_a_report_that_cannot_be_made_keeps_no_other(town: City, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(sources: Sources, kind: Span, day: date, wall: float) -> Revision:
        if kind != "day":
            raise ZeroDivisionError
        return make(sources, kind, day, wall)

    monkeypatch.setattr("streams.report.round.make", broken)
    monkeypatch.setattr("streams.report.round.is_worth", lambda *_: True)
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    with office(postmaster) as via:
        one = reporter(town, redis_server, via, moment)
        turns(one, lambda: len(one._made) == 3)
    assert len(postmaster.mails) == 1 and {span for span, _ in one._made} == {"day"}


def test_who_lost_the_lease_while_it_drew_mails_nothing(town: City, redis_server: RedisServer) -> None:
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    with office(postmaster) as via:
        one = reporter(town, redis_server, via, moment)
        drawn = list[Revision]()

        def lose(revision: Revision, language: Language) -> Sequence[Attachment]:
            drawn.append(revision)
            one._client.set(one._lease.key, "another")
            return draw(revision, language)

        one._draw = lose
        turns(one, lambda: drawn and one._working is None)
    assert not postmaster.mails and not one._leads and not one._made


def test_a_mail_waits_for_the_history(town: City, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.report.arrival.LOOK_SECONDS", 0.0)
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    held = reached(town.shelf, "sea")[town.domains["sea"].topic, 0]
    with office(postmaster) as via:
        one = reporter(town, redis_server, via, moment)
        one._client.hset("city:{sea.0}:meta", mapping={"offset": str(held + 1)})
        one._client.sadd("city:partitions", "sea.0")
        rounds = iter(range(1000))
        turns(one, lambda: next(rounds) == 40)
        assert not postmaster.mails and not one._made
        town.write("sea", [("late", "dissolved_oxygen", round(moment * 1000) - 3_600_000, 5.0, 0)])
        one._pool = ThreadPoolExecutor(1)
        turns(one, lambda: postmaster.mails)
    assert town.sources().reports.numbers("day", DAY) == [1]


def test_one_of_two_works_and_feeds_are_looked_at(town: City, redis_server: RedisServer) -> None:
    moment = begin(DAY, town.zone) / 1000 + 86_400 + 660
    with office(Postmaster()) as via:
        first, second = (reporter(town, redis_server, via, moment) for _ in range(2))
        second._client.hset("city:{sea.0}:meta", mapping={"rejects": "4", "readings": "9"})
        second._client.sadd("city:partitions", "sea.0")
        turns(first, lambda: first._made)
        second.turn()
        assert second._working is None and not second._made
    told = town.sources().feeds.between(moment - 7200, moment + 7200)
    assert told["sea"]["readings"] == 0 and told["sea"]["lag"] is None, "the first look is where counting begins"
