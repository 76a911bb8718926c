"""What Alembic runs: the revisions, inside the transaction that `store.database.migrate` has opened."""

from __future__ import annotations

from alembic import context

from store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
