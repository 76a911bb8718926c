"""The tables of the SQL database. A change here needs a revision in `store/migrations/versions`; a test compares the two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Double, ForeignKey, Index, Integer, MetaData, Table, Text, TypeDecorator

metadata = MetaData()
PLACE = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite keeps rows in the order of an `INTEGER PRIMARY KEY` only."""


def clean(text: str) -> str:
    """`text` as both databases can keep it: without NUL, and without halves of surrogate pairs, which hostile JSON may hold."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


NAME_BYTES = 500
"""PostgreSQL refuses an index entry of more than 2,704 bytes, and an index here holds at most three names of any length."""


def name(text: str) -> str:
    """`text` as a column with an index keeps it: cleaned, and a very long one cut and told apart by its SHA-256."""
    data = clean(text).encode()
    if len(data) <= NAME_BYTES:
        return data.decode()
    return data[: NAME_BYTES - 70].decode(errors="ignore") + "~" + hashlib.sha256(data).hexdigest()


class Words(TypeDecorator[str]):
    """Any text a person or a feed may send."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored."""
        return None if value is None else clean(value)


class Name(Words):
    """Text that an index or a key is over."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored."""
        return None if value is None else name(value)


class Document(TypeDecorator[Any]):
    """A mapping or a list as JSON text, the same on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | Sequence[Any] | None, dialect: Dialect) -> str:
        """What is stored."""
        return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """What was stored, None for a column without value."""
        return None if value is None else json.loads(value)


def _words(name: str, *more: Any, **options: Any) -> Column[str]:
    return Column(name, Words, *more, nullable=options.pop("nullable", False), **options)


def _name(key: str, *more: Any, **options: Any) -> Column[str]:
    return Column(key, Name, *more, nullable=options.pop("nullable", False), **options)


def _time(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


writer = Table(
    "writer",  # who may write the journal, and where transactions that must be alone queue; rows `alarms` and `audit` always stand
    metadata,
    _name("name", primary_key=True),
    Column("fence", BigInteger, nullable=False),
    _words("holder"),
    _time("since"),
    Column("published", BigInteger, nullable=False),
)
"""`published` is the place of the newest event that Kafka has."""

cursor = Table("cursor", metadata, _name("name", primary_key=True), _words("place"))
alarm = Table("alarm", metadata, _name("id", primary_key=True), Column("document", Document, nullable=False))
carried = Table(
    "carried",  # commands that were carried out
    metadata,
    _name("id", primary_key=True),
    _time("recorded"),
    Column("answers", Document, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("seq", PLACE, primary_key=True, autoincrement=False),
    _name("source", unique=True),
    _time("time"),
    _time("recorded"),
    _name("kind"),
    _name("alarm"),
    Column("occurrence", BigInteger, nullable=False),
    _words("rule"),
    _name("subject"),
    _words("domain"),
    _name("area"),
    _name("priority", nullable=True),
    _words("state", nullable=True),
    Column("value", Double),
    Column("limit", Double),
    _name("actor"),
    _words("desk"),
    _words("note"),
    Column("detail", Document, nullable=False),
    Column("annunciated", Boolean, nullable=False),
    Index("event_alarm", "alarm", "time", "seq", "kind", "annunciated", "area", "priority"),
    Index("event_time", "time", "seq", "kind", "annunciated", "area", "priority"),
    Index("event_area", "area", "time", "seq"),
    Index("event_subject", "subject", "time", "seq"),
    Index("event_actor", "actor", "time", "seq"),
)
"""The first two indexes hold all that the figures of alarm health need, so that a million rows are counted without reading them."""

user = Table(
    "person",  # `user` is a word of PostgreSQL's own
    metadata,
    _name("name", primary_key=True),
    _words("display"),
    _words("role"),
    _words("language"),
    Column("disabled", Boolean, nullable=False),
    _name("identity", nullable=True, unique=True),
    _words("hash"),
)
session = Table(
    "session",
    metadata,
    _name("hash", primary_key=True),
    _name("user", ForeignKey("person.name")),
    _time("created"),
    _time("seen"),
    _words("desk", nullable=True),
    Index("session_user", "user"),
)
token = Table(
    "token",
    metadata,
    _name("hash", primary_key=True),
    _name("id", unique=True),
    _words("label"),
    _name("owner", ForeignKey("person.name")),
    Column("scopes", Document, nullable=False),
    _time("created"),
    _time("expires"),
    _time("revoked", nullable=True),
)

saved_view = Table(
    "saved_view",
    metadata,
    _name("id", primary_key=True),
    _name("owner", ForeignKey("person.name")),
    _words("label"),
    _words("query"),
    Column("shared", Boolean, nullable=False),
    Index("saved_view_owner", "owner"),
)

log_entry = Table(
    "log_entry",  # the log book; rows stay as they are, which triggers see to
    metadata,
    Column("seq", PLACE, primary_key=True, autoincrement=False),
    _name("id", unique=True),
    _time("time"),
    _time("moment", nullable=True),
    _name("author"),
    _words("display"),
    _name("desk"),
    _words("text"),
    _name("alarm"),
    Column("occurrence", BigInteger, nullable=False),
    _name("sensor"),
    Column("corrects", PLACE, ForeignKey("log_entry.seq")),
    *(Index(f"log_entry_{name}", name, "seq") for name in ("desk", "author", "alarm", "sensor")),
    Index("log_entry_time", "time"),
    Index("log_entry_corrects", "corrects"),
)
handover = Table(
    "handover",  # packs, likewise
    metadata,
    Column("seq", PLACE, primary_key=True, autoincrement=False),
    _name("id", unique=True),
    _name("desk"),
    _time("time"),
    _words("author"),
    _words("text"),
    _words("sha256"),
    Index("handover_desk", "desk", "seq"),
)
signature = Table(
    "signature",  # likewise: of each part one
    metadata,
    Column("handover", PLACE, ForeignKey("handover.seq"), primary_key=True),
    _name("part", primary_key=True),
    _words("person"),
    _words("display"),
    _words("how"),
    _time("time"),
    _words("sha256"),
)

tuning = Table(
    "tuning",  # what managers put in force, and took back; of a rule the newest counts; rows stay as they are
    metadata,
    Column("seq", PLACE, primary_key=True, autoincrement=False),
    _name("rule"),
    Column("values", Document, nullable=False),
    _words("author"),
    _time("time"),
    _words("note"),
    _name("trial"),
    Index("tuning_rule", "rule", "seq"),
)
trial = Table(
    "trial",  # what other numbers would have done: asked, and answered by `streams tuning`
    metadata,
    _name("id", primary_key=True),
    _name("rule"),
    Column("values", Document, nullable=False),
    Column("days", Integer, nullable=False),
    _words("author"),
    _time("asked"),
    _name("state"),
    _time("done", nullable=True),
    _words("error"),
    Column("outcome", Document, nullable=False),
    Index("trial_asked", "asked"),
    Index("trial_state", "state", "asked"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", PLACE, primary_key=True, autoincrement=False),
    _name("id", unique=True),
    _time("time"),
    _words("actor"),
    _words("action"),
    _words("subject"),
    _words("detail"),
    _words("previous"),
    _words("hash"),
)
"""`detail` is JSON as text, because the hash is over that very text."""

warning = Table(
    "warning",  # CAP messages that were taken, each with the first of its chain, which names the alarm
    metadata,
    _name("message", primary_key=True),
    _name("root"),
    _time("sent"),
    Column("superseded", Boolean, nullable=False),
    _time("seen"),
    Index("warning_root", "root"),
    Index("warning_seen", "seen"),
)

feed_hour = Table(
    "feed_hour",  # what a partition's counters said at the first and the last look of an hour, and how far behind it was
    metadata,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    _name("domain", primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("looks", Integer, nullable=False),
    Column("lag_looks", Integer, nullable=False),
    Column("lag_sum", Double, nullable=False),
    Column("lag_most", Double, nullable=False),
    Column("first", Document, nullable=False),
    Column("last", Document, nullable=False),
)
"""`hour` is the second since 1970 at which it begins, event time."""

recipient = Table(
    "recipient",  # somebody outside: how far the journal is sorted for them, and when they are tried next
    metadata,
    _name("name", primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("fold", Document, nullable=False),
    Column("attempts", Integer, nullable=False),
    _time("due"),
)
letter = Table(
    "letter",  # what a recipient is still to be told, and what could not be told
    metadata,
    _name("id", primary_key=True),
    _name("recipient"),
    Column("first", BigInteger, nullable=False),
    _time("created"),
    Column("body", Document, nullable=False),
    Column("dead", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    _words("error"),
    Index("letter_line", "dead", "recipient", "first"),
)
"""`first` is the place of the oldest event in it."""
