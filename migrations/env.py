"""Runs migrations on the connection it is given, in one transaction."""

from alembic import context
from sqlalchemy import func, select

from broker.store.advisory_locks import MIGRATING_LOCK
from broker.store.tables import metadata


def run() -> None:
    """Run what Alembic has been asked for."""
    connection = context.config.attributes["connection"]
    if connection.dialect.name == "sqlite":
        # The driver is in autocommit: whoever migrates holds the database, and a crash leaves the old schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # Brokers that start together migrate one after the other, and the second finds it done, however late.
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING_LOCK)))
    # Only now: Alembic leaves a transaction alone that it finds begun, and commits none of its own in between.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run()
