"""Other numbers for rules, and what they would have done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "tuning"
down_revision = "handover"

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = {
    "sqlite": "CREATE TRIGGER tuning_{event} BEFORE {event} ON tuning BEGIN SELECT RAISE(ABORT, 'rows of tuning stay as they are'); END",
    "postgresql": "CREATE TRIGGER tuning_{event} BEFORE {event} ON tuning FOR EACH STATEMENT EXECUTE FUNCTION citydeck_append_only()",
}


def upgrade() -> None:
    """Every rule is as its author wrote it."""
    op.create_table(
        "tuning",
        sa.Column("seq", PLACE, autoincrement=False, nullable=False),
        *_text("rule", "values", "author"),
        sa.Column("time", sa.Double, nullable=False),
        *_text("note", "trial"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("tuning_rule", "tuning", ["rule", "seq"])
    op.create_table(
        "trial",
        *_text("id", "rule", "values"),
        sa.Column("days", sa.Integer, nullable=False),
        *_text("author"),
        sa.Column("asked", sa.Double, nullable=False),
        *_text("state"),
        sa.Column("done", sa.Double, nullable=True),
        *_text("error", "outcome"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("trial_asked", "trial", ["asked"])
    op.create_index("trial_state", "trial", ["state", "asked"])
    dialect = op.get_bind().dialect.name
    for event in ("UPDATE", "DELETE", "TRUNCATE") if dialect == "postgresql" else ("UPDATE", "DELETE"):
        op.execute(APPEND_ONLY[dialect].format(event=event))


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
