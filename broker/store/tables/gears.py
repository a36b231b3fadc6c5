"""Nodes, the gears on them, and the names that lead there."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from broker.store.tables.applications import applications, gear_groups
from broker.store.tables.columns import ID, NAME, TIME, metadata

nodes = Table(
    "nodes",
    metadata,
    Column("node_id", NAME, primary_key=True),
    Column("public_address", String(45), nullable=False),
    Column("profile", NAME, nullable=False),
    Column("region", NAME),
    Column("zone", NAME),
    Column("capacity", Integer, nullable=False),
    Column("gears", Integer, nullable=False, default=0),
    Column("active", Boolean, nullable=False),
    Column("liveness", String(16), nullable=False),
    Column("changed", Integer, nullable=False, index=True),
    CheckConstraint("gears >= 0 AND gears <= capacity", name="never_overcommitted"),
)

gears = Table(
    "gears",
    metadata,
    Column("gear_id", ID, primary_key=True),
    Column("application_id", ID, ForeignKey(applications.c.application_id), nullable=False),
    Column("group_id", ID, ForeignKey(gear_groups.c.group_id), nullable=False),
    Column("node_id", NAME, ForeignKey(nodes.c.node_id), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("is_head", Boolean, nullable=False),
    Column("carries_proxy", Boolean, nullable=False),
    Column("lifecycle", String(16), nullable=False),
    Column("rotation", String(16), nullable=False),
    Column("uid", Integer),
    Column("operation_id", ID),
    Column("created_at", TIME, nullable=False),
    # What it is known to run.
    Column("deployment_id", String(16)),
    # Rotated out by hand, whatever the gear ratio says.
    Column("held_out", Boolean, nullable=False, server_default=false()),
    # Until then requests that it had before are given time.
    Column("drained_at", TIME),
    UniqueConstraint("group_id", "ordinal"),
    Index(None, "application_id", "group_id", "ordinal"),
    # An operation that fails or resumes asks for the gears it is creating or destroying.
    Index(
        "ix_gears_operation_id",
        "operation_id",
        sqlite_where=text("operation_id IS NOT NULL"),
        postgresql_where=text("operation_id IS NOT NULL"),
    ),
    # As a rule every gear is started and in rotation, and every verdict asks for those that are not.
    Index(
        "ix_gears_apart",
        "group_id",
        sqlite_where=text("lifecycle != 'started' OR held_out"),
        postgresql_where=text("lifecycle != 'started' OR held_out"),
    ),
    # The proxy gears of an application are few among many, and every verdict asks for them.
    Index(
        "ix_gears_proxies",
        "application_id",
        sqlite_where=text("carries_proxy"),
        postgresql_where=text("carries_proxy"),
    ),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("gear_id", ID, ForeignKey(gears.c.gear_id), primary_key=True),
    Column("cartridge", NAME, primary_key=True),
    Column("port_name", NAME, primary_key=True),
    Column("public_port", Integer, nullable=False),
    Column("internal_address", String(45), nullable=False),
    Column("internal_port", Integer, nullable=False),
)

dns_records = Table(
    "dns_records",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("target", NAME, nullable=False),
    Column("application_id", ID, index=True),
)
