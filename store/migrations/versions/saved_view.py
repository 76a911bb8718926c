"""Filters of the alarm desk, kept under a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "saved_view"
down_revision = "desk"


def upgrade() -> None:
    """Nobody has kept any yet."""
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["owner"], ["person.name"]),
    )
    op.create_index("saved_view_owner", "saved_view", ["owner"])
