"""The journal, people and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = {
    "sqlite": """
        CREATE TRIGGER audit_{event} BEFORE {event} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    "postgresql": "CREATE TRIGGER audit_{event} BEFORE {event} ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
}
REFUSE = """
    CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def upgrade() -> None:
    """From an empty database."""
    _writer()
    _journal()
    _people()
    _audit()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _key(name: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(name)


def _writer() -> None:
    writer = op.create_table(
        "writer",
        _text("name"),
        sa.Column("fence", sa.BigInteger, nullable=False),
        _text("holder"),
        _time("since"),
        sa.Column("published", sa.BigInteger, nullable=False),
        _key("name"),
    )
    op.bulk_insert(writer, [{"name": name, "fence": 0, "holder": "", "since": 0.0, "published": 0} for name in ("alarms", "audit")])


def _journal() -> None:
    op.create_table("cursor", _text("name"), _text("place"), _key("name"))
    op.create_table("alarm", _text("id"), _text("document"), _key("id"))
    op.create_table("carried", _text("id"), _time("recorded"), _text("answers"), _key("id"))
    op.create_table(
        "event",
        sa.Column("seq", PLACE, autoincrement=False, nullable=False),
        _text("source"),
        _time("time"),
        _time("recorded"),
        _text("kind"),
        _text("alarm"),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        *(_text(name) for name in ("rule", "subject", "domain", "area")),
        _text("priority", nullable=True),
        _text("state", nullable=True),
        sa.Column("value", sa.Double),
        sa.Column("limit", sa.Double),
        *(_text(name) for name in ("actor", "desk", "note", "detail")),
        sa.Column("annunciated", sa.Boolean, nullable=False),
        _key("seq"),
        sa.UniqueConstraint("source"),
    )
    op.create_index("event_alarm", "event", ["alarm", "time", "seq", "kind", "annunciated", "area", "priority"])
    op.create_index("event_time", "event", ["time", "seq", "kind", "annunciated", "area", "priority"])
    for name in ("area", "subject", "actor"):
        op.create_index(f"event_{name}", "event", [name, "time", "seq"])


def _people() -> None:
    op.create_table(
        "person",
        *(_text(name) for name in ("name", "display", "role", "language")),
        sa.Column("disabled", sa.Boolean, nullable=False),
        _text("identity", nullable=True),
        _text("hash"),
        _key("name"),
        sa.UniqueConstraint("identity"),
    )
    op.create_table(
        "session",
        _text("hash"),
        _text("user"),
        _time("created"),
        _time("seen"),
        _key("hash"),
        sa.ForeignKeyConstraint(["user"], ["person.name"]),
    )
    op.create_index("session_user", "session", ["user"])
    op.create_table(
        "token",
        *(_text(name) for name in ("hash", "id", "label", "owner", "scopes")),
        _time("created"),
        _time("expires"),
        _time("revoked", nullable=True),
        _key("hash"),
        sa.UniqueConstraint("id"),
        sa.ForeignKeyConstraint(["owner"], ["person.name"]),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", PLACE, autoincrement=False, nullable=False),
        _text("id"),
        _time("time"),
        *(_text(name) for name in ("actor", "action", "subject", "detail", "previous", "hash")),
        _key("seq"),
        sa.UniqueConstraint("id"),
    )
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(REFUSE)
    for event in ("UPDATE", "DELETE", "TRUNCATE") if dialect == "postgresql" else ("UPDATE", "DELETE"):
        op.execute(APPEND_ONLY[dialect].format(event=event))
