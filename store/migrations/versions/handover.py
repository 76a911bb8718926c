"""The log book, and the packs with which shifts hand over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "handover"
down_revision = "feed_hour"

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("log_entry", "handover", "signature")
REFUSE = """
    CREATE FUNCTION citydeck_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
APPEND_ONLY = {
    "sqlite": "CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'rows of {table} stay as they are'); END",
    "postgresql": "CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION citydeck_append_only()",
}


def upgrade() -> None:
    """Nothing was written yet. What is written is never changed nor taken out."""
    _log()
    _packs()
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(REFUSE)
    for table in TABLES:
        for event in ("UPDATE", "DELETE", "TRUNCATE") if dialect == "postgresql" else ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY[dialect].format(table=table, event=event))


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _log() -> None:
    op.create_table(
        "log_entry",
        sa.Column("seq", PLACE, autoincrement=False, nullable=False),
        *_text("id"),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("moment", sa.Double, nullable=True),
        *_text("author", "display", "desk", "text", "alarm"),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        *_text("sensor"),
        sa.Column("corrects", PLACE, nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sa.ForeignKeyConstraint(["corrects"], ["log_entry.seq"]),
    )
    for name in ("desk", "author", "alarm", "sensor"):
        op.create_index(f"log_entry_{name}", "log_entry", [name, "seq"])
    op.create_index("log_entry_time", "log_entry", ["time"])
    op.create_index("log_entry_corrects", "log_entry", ["corrects"])


def _packs() -> None:
    op.create_table(
        "handover",
        sa.Column("seq", PLACE, autoincrement=False, nullable=False),
        *_text("id", "desk"),
        sa.Column("time", sa.Double, nullable=False),
        *_text("author", "text", "sha256"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("handover_desk", "handover", ["desk", "seq"])
    op.create_table(
        "signature",
        sa.Column("handover", PLACE, nullable=False),
        *_text("part", "person", "display", "how"),
        sa.Column("time", sa.Double, nullable=False),
        *_text("sha256"),
        sa.PrimaryKeyConstraint("handover", "part"),
        sa.ForeignKeyConstraint(["handover"], ["handover.seq"]),
    )
