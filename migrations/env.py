"""Runs migrations on the connection it is given, in one transaction."""

from alembic import context
from sqlalchemy import func, select

from broker.store.tables import metadata

# Any number will do that nobody else locks in this database.
MIGRATING = 0x67656172


def run() -> None:
    """Run what Alembic has been asked for."""
    connection = context.config.attributes["connection"]
    if connection.dialect.name == "sqlite":
        # The driver is in autocommit: whoever migrates holds the database, and a crash leaves the old schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # Brokers that start together migrate one after the other, and the second finds it done.
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    # Only now: Alembic leaves a transaction alone that it finds begun, and commits none of its own in between.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run()
