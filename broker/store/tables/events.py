"""What leaves the broker: routing events, names for a DNS server, and how far each destination is."""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, String, Table, Text, UniqueConstraint, text

from broker.store.tables.columns import ID, NAME, SERIAL, TIME, metadata

routing_events = Table(
    "routing_events",
    metadata,
    Column("event_id", SERIAL, primary_key=True, autoincrement=True),
    Column("position", BigInteger, unique=True),
    # The share of the relay it belongs to, by its application, so that several relays never reorder one.
    Column("lane", SmallInteger, nullable=False, server_default="0"),
    Column("application_id", ID, nullable=False),
    Column("owner_id", ID, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("action", String(32), nullable=False),
    Column("app_name", String(32), nullable=False),
    Column("namespace", String(16), nullable=False),
    Column("occurred_at", TIME, nullable=False),
    Column("data", Text, nullable=False),
    UniqueConstraint("application_id", "sequence"),
    Index(None, "owner_id", "position"),
    # What the relay has still to number.
    Index(
        "ix_routing_events_unnumbered",
        "event_id",
        sqlite_where=text("position IS NULL"),
        postgresql_where=text("position IS NULL"),
    ),
)

# Events that could not be published: put aside, so that the others flow.
parked_events = Table(
    "parked_events",
    metadata,
    Column("destination", String(64), primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("application_id", ID, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("action", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("parked_at", TIME, nullable=False),
)

# Names that a DNS server beside this database may not have as `dns_records` has them.
dns_changes = Table(
    "dns_changes",
    metadata,
    Column("name", NAME, primary_key=True),
    # Another one with each change, never used again: what was published before is no longer enough.
    Column("mark", ID, nullable=False),
    Column("application_id", ID),
    Column("operation_id", ID, index=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    # What has not been tried yet goes before what was refused.
    Index(None, "attempts", "name"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
