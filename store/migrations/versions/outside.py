"""Warnings from elsewhere, and what goes out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "outside"
down_revision = "first"


def upgrade() -> None:
    """Adds the chains of warnings, and the letters to recipients outside."""
    op.create_table(
        "warning",
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("sent", sa.Double, nullable=False),
        sa.Column("superseded", sa.Boolean, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("message"),
    )
    op.create_index("warning_root", "warning", ["root"])
    op.create_index("warning_seen", "warning", ["seen"])
    op.create_table(
        "recipient",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("fold", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("dead", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("letter_line", "letter", ["dead", "recipient", "first"])
