"""What `python -m streams report` runs: the process that makes and mails reports, or with `--date` one report by hand."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from domains import report as reports
from layouts.print import document
from layouts.print.word import Language
from model import Domain, Site, SpecError
from model.report import Brand, Mailing
from settings import Settings
from store import Client
from store.clock import Clock
from store.database import Engine
from store.feed_hour import FeedHours
from store.health import Health
from store.report import Reports, Revision, canonical
from store.shelf import Shelf
from store.view import placed
from store.whole_day import Days
from streams.post import Attachment
from streams.pulse import Pulse
from streams.report.compose import Sources, make, span_of
from streams.report.round import Reporter

ATTACHED = ("pdf", "xlsx")


def sources(told: Settings, domains: Mapping[str, Domain], site: Site, engine: Engine, client: Client) -> Sources:
    """What reports are made of."""
    shelf = Shelf(told.history)
    history = Days(shelf, ZoneInfo(site.zone))
    return Sources(
        domains=domains,
        site=site,
        history=history,
        reports=Reports(shelf),
        health=Health(engine),
        feeds=FeedHours(engine, ZoneInfo(site.zone)),
        positions=partial(placed, client),
    )


def reporter(told: Settings, domains: Mapping[str, Domain], site: Site, engine: Engine, client: Client, pulse: Pulse) -> Reporter:
    """The process. Raises SpecError."""
    brand, mailings = reports.read(Path(told.site))
    made = sources(told, domains, site, engine, client)

    def draw(revision: Revision, language: Language) -> Sequence[Attachment]:
        files = [(ending, _kept(made.reports, revision, ending, language, brand)) for ending in ATTACHED]
        return [Attachment(document.named(asdict(revision), ending, language), document.KINDS[ending], data) for ending, data in files]

    def say(revision: Revision, language: Language) -> tuple[str, str]:
        return document.letter(asdict(revision), language)

    secrets = {mailing.name: _secret(mailing, os.environ) for mailing in mailings}
    return Reporter(made, client, made.feeds, mailings, secrets, draw, say, Clock(client, time.time), pulse)


def _secret(mailing: Mailing, environ: Mapping[str, str]) -> str:
    variable = mailing.via.password
    if variable and not environ.get(variable):
        raise SpecError("environment", variable, f"must be set: [[report.mail]] {mailing.name!r} names it")
    return environ.get(variable, "") if variable else ""


def _kept(kept: Reports, revision: Revision, ending: str, language: Language, brand: Brand) -> bytes:
    if ending == "json":
        return canonical({**asdict(revision), "first": str(revision.first)})
    return kept.drawn(revision, language, ending, lambda: document.drawn(asdict(revision), ending, language, brand))


def by_hand(asked: Namespace, told: Settings, domains: Mapping[str, Domain], site: Site, engine: Engine, client: Client) -> int:
    """Writes one report; 1 with a sentence for a span that is not over."""
    made = sources(told, domains, site, engine, client)
    last = span_of(asked.span, asked.date)[1]
    if datetime.now(made.zone).date() <= last:
        print(f"citydeck: {last} is not over", file=sys.stderr)
        return 1
    revision = make(made, asked.span, asked.date, time.time())
    data = _kept(made.reports, revision, asked.format, asked.language, reports.read(Path(told.site))[0])
    if asked.out:
        asked.out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
    return 0
