"""At which desk somebody who is signed in sits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "desk"
down_revision = "outside"


def upgrade() -> None:
    """Who is signed in sits at no desk yet."""
    op.add_column("session", sa.Column("desk", sa.Text, nullable=True))
