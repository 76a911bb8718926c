"""What the feeds' counters said, hour by hour: rejects and lag of the past."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feed_hour"
down_revision = "saved_view"


def upgrade() -> None:
    """Nobody has looked yet."""
    op.create_table(
        "feed_hour",
        sa.Column("hour", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("lag_looks", sa.Integer, nullable=False),
        sa.Column("lag_sum", sa.Double, nullable=False),
        sa.Column("lag_most", sa.Double, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hour", "domain", "partition"),
    )
