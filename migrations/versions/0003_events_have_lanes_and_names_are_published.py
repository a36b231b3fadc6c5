"""Routing events have a lane each, so that relays share the work; poison is parked; names to be published are noted."""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LANES = 8


def upgrade() -> None:
    op.create_table(
        "parked_events",
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("destination", "position", name=op.f("pk_parked_events")),
    )
    op.create_table(
        "dns_changes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=True),
        sa.Column("operation_id", sa.String(length=24), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_dns_changes")),
    )
    op.create_index(op.f("ix_dns_changes_operation_id"), "dns_changes", ["operation_id"])
    op.create_index(op.f("ix_dns_changes_attempts_name"), "dns_changes", ["attempts", "name"])
    with op.batch_alter_table("routing_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lane", sa.SmallInteger(), server_default="0", nullable=False))
    _give_lanes(op.get_bind())


def _give_lanes(connection: sa.Connection) -> None:
    """Events of before keep the order within their application, and what was published stays published."""
    events = sa.table("routing_events", sa.column("application_id", sa.String), sa.column("lane", sa.SmallInteger))
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    known = list(connection.execute(sa.select(events.c.application_id).distinct()).scalars())
    if known:
        connection.execute(
            sa.update(events).where(events.c.application_id == sa.bindparam("this")).values(lane=sa.bindparam("new")),
            [{"this": each, "new": zlib.crc32(each.encode()) % LANES} for each in known],
        )
    published = list(connection.execute(sa.select(counters).where(counters.c.name.like("bus/%"))))
    for name, value in published:
        lanes = [{"name": f"{name}#{lane}", "value": value} for lane in range(LANES)]
        connection.execute(sa.insert(counters), lanes)
        connection.execute(sa.delete(counters).where(counters.c.name == name))


def downgrade() -> None:
    connection = op.get_bind()
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    lanes = list(connection.execute(sa.select(counters).where(counters.c.name.like("bus/%#%"))))
    # What one lane has still to publish is published again for all: listeners drop repeats.
    reached: dict[str, int] = {}
    for name, value in lanes:
        destination = name.partition("#")[0]
        reached[destination] = min(value, reached.get(destination, value))
    connection.execute(sa.delete(counters).where(counters.c.name.like("bus/%#%")))
    for destination, value in reached.items():
        connection.execute(sa.insert(counters), {"name": destination, "value": value})
    with op.batch_alter_table("routing_events", schema=None) as batch_op:
        batch_op.drop_column("lane")
    op.drop_index(op.f("ix_dns_changes_attempts_name"), table_name="dns_changes")
    op.drop_index(op.f("ix_dns_changes_operation_id"), table_name="dns_changes")
    op.drop_table("dns_changes")
    op.drop_table("parked_events")
