"""Who makes reports: at ten past midnight, mailed once whatever dies, again while the mail server is away, one process at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
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
from model.report import Brand, Mailing
from store import clock as clocks
from store.clock import Clock
from store.connect import connect
from store.day import begin
from store.report import Revision
from streams.post import Attachment
from streams.pulse import Pulse
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

    assert at(0, 9)[-1] == ("day", date(2026, 11, 29)), "before ten past the day before is not yesterday"
    assert at(0, 10) == [
        ("month", date(2026, 11, 30)),
        ("week", date(2026, 11, 29)),
        ("day", date(2026, 11, 28)),
        ("day", date(2026, 11, 29)),
        ("day", date(2026, 11, 30)),
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


def test_a_mail_that_was_not_taken_is_tried_again(town: City, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.report.round.AGAIN_SECONDS", 0.0)
    postmaster, moment = Postmaster(), begin(DAY, town.zone) / 1000 + 86_400 + 660
    postmaster.away = True
    with office(postmaster) as via:
        one = reporter(town, redis_server, via, moment)

        def tried() -> bool:
            postmaster.away = one._made is None
            return bool(postmaster.mails)

        turns(one, tried)
    assert len(postmaster.mails) == 1


def test_one_of_two_works_and_feeds_are_looked_at(town: City, redis_server: RedisServer) -> None:
    moment = begin(DAY, town.zone) / 1000 + 86_400 + 660
    with office(Postmaster()) as via:
        first, second = (reporter(town, redis_server, via, moment) for _ in range(2))
        second._client.hset("city:{sea.0}:meta", mapping={"rejects": "4", "readings": "9"})
        second._client.sadd("city:partitions", "sea.0")
        turns(first, lambda: first._made)
        second.turn()
        assert second._working is None and second._made is None
    told = town.sources().feeds.between(moment - 7200, moment + 7200)
    assert told["sea"]["readings"] == 0 and told["sea"]["lag"] is None, "the first look is where counting begins"
