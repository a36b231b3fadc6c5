"""Every table of the database, with the constraints that two processes could otherwise break."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(24)
TIME = String(20)  # YYYY-MM-DDTHH:MM:SSZ, which sorts as it reads
NAME = String(255)
# SQLite numbers rows by itself only where the key is exactly INTEGER.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")

users = Table(
    "users",
    metadata,
    Column("user_id", ID, primary_key=True),
    Column("login", NAME, nullable=False, unique=True),
    Column("password_hash", String(255)),
    Column("max_gears", Integer, nullable=False),
    Column("max_namespaces", Integer, nullable=False),
    Column("max_teams", Integer, nullable=False),
    Column("consumed_gears", Integer, nullable=False, default=0),
    Column("gear_sizes", JSON, nullable=False),
    Column("may_use_ha", Boolean, nullable=False),
    Column("may_follow_all_routing", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
    CheckConstraint("consumed_gears >= 0", name="consumed_gears_not_negative"),
)

namespaces = Table(
    "namespaces",
    metadata,
    Column("namespace_id", ID, primary_key=True),
    Column("name", String(16), nullable=False, unique=True),
    Column("owner_id", ID, ForeignKey(users.c.user_id), nullable=False, index=True),
    Column("allowed_gear_sizes", JSON, nullable=False),
    Column("created_at", TIME, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("application_id", ID, primary_key=True),
    Column("name", String(32), nullable=False),
    Column("namespace_id", ID, ForeignKey(namespaces.c.namespace_id), nullable=False),
    Column("owner_id", ID, ForeignKey(users.c.user_id), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("scalable", Boolean, nullable=False),
    Column("ha", Boolean, nullable=False),
    Column("running", Boolean, nullable=False),
    Column("profile", NAME, nullable=False),
    Column("region", NAME),
    Column("default_multiplier", Integer, nullable=False),
    Column("multiplier", Integer),
    Column("head_gear_id", ID),
    Column("verdict", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("initial_git_url", Text),
    Column("auto_deploy", Boolean, nullable=False),
    Column("deployment_branch", String(256), nullable=False),
    Column("keep_deployments", Integer, nullable=False),
    Column("deployment_type", String(16), nullable=False),
    Column("created_at", TIME, nullable=False),
    UniqueConstraint("namespace_id", "name"),
    Index(None, "owner_id", "name"),
)

gear_groups = Table(
    "gear_groups",
    metadata,
    Column("group_id", ID, primary_key=True),
    Column("application_id", ID, ForeignKey(applications.c.application_id), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("profile", NAME, nullable=False),
    Column("explicit_minimum", Integer),
    Column("explicit_maximum", Integer),
    Column("gear_count", Integer, nullable=False),
    Column("proxy_count", Integer, nullable=False),
    Column("ordinals", Integer, nullable=False),
    Column("proxies_out", Boolean, nullable=False),
    CheckConstraint("gear_count >= 0 AND proxy_count >= 0 AND proxy_count <= gear_count", name="counts_agree"),
)

application_cartridges = Table(
    "application_cartridges",
    metadata,
    Column("application_id", ID, ForeignKey(applications.c.application_id), primary_key=True),
    Column("name", NAME, primary_key=True),
    Column("group_id", ID, ForeignKey(gear_groups.c.group_id), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("added_at", TIME, nullable=False),
)

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
    UniqueConstraint("group_id", "ordinal"),
    Index(None, "application_id", "group_id", "ordinal"),
    # An operation that fails or resumes asks for the gears it is creating or destroying.
    Index(
        "ix_gears_operation_id",
        "operation_id",
        sqlite_where=text("operation_id IS NOT NULL"),
        postgresql_where=text("operation_id IS NOT NULL"),
    ),
    # As a rule no gear is idle, and every verdict asks for those that are.
    Index(
        "ix_gears_idle",
        "group_id",
        sqlite_where=text("lifecycle != 'started'"),
        postgresql_where=text("lifecycle != 'started'"),
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

environment_variables = Table(
    "environment_variables",
    metadata,
    Column("application_id", ID, ForeignKey(applications.c.application_id), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("value", Text, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", NAME, primary_key=True),
    Column("application_id", ID, ForeignKey(applications.c.application_id), nullable=False, index=True),
)

dns_records = Table(
    "dns_records",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("target", NAME, nullable=False),
    Column("application_id", ID, index=True),
)

processes = Table(
    "processes",
    metadata,
    Column("process_id", ID, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("host", NAME, nullable=False),
    Column("started_at", TIME, nullable=False),
    # Rises while the process lives. Who watches it measures with their own clock, so that no two must agree.
    Column("beats", BigInteger, nullable=False),
)

operations = Table(
    "operations",
    metadata,
    Column("operation_id", ID, primary_key=True),
    Column("application_id", ID, nullable=False),
    # Nothing for operations of before these columns: their owner is found by the application.
    Column("owner_id", ID),
    Column("app_name", String(32)),
    Column("namespace", String(16)),
    # What was wished, and once it is planned how it ends: see broker.usecases.conclusions.
    Column("kind", String(32), nullable=False),
    Column("wish", JSON, nullable=False, server_default="{}"),
    Column("ending", String(32)),
    Column("arguments", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    # Queued operations of an application run in this order.
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="1"),
    # The process that carries it out; nothing: any worker may.
    Column("driver", ID),
    Column("cancelled", Boolean, nullable=False, server_default=false()),
    Column("error", Text),
    Column("error_code", String(64)),
    Column("created_at", TIME, nullable=False),
    Column("started_at", TIME),
    Column("finished_at", TIME),
    Index(None, "application_id", "operation_id"),
    Index(None, "owner_id", "operation_id"),
    # One running operation an application, held here because no lock outlives a crash as surely.
    Index(
        "uq_operations_running",
        "application_id",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    # Who is next; no two have the same turn.
    Index(
        "uq_operations_queued",
        "application_id",
        "turn",
        unique=True,
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    # What a worker looks through, oldest first: open operations, of which it takes those in nobody's hands.
    Index(
        "ix_operations_open",
        "operation_id",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
    # What retention looks for.
    Index(
        "ix_operations_finished",
        "finished_at",
        sqlite_where=text("finished_at IS NOT NULL"),
        postgresql_where=text("finished_at IS NOT NULL"),
    ),
)

commands = Table(
    "commands",
    metadata,
    Column("number", SERIAL, primary_key=True, autoincrement=True),
    Column("command_id", ID, nullable=False, unique=True),
    Column("operation_id", ID, index=True),
    # Whether its operation waits for the answer; the others are told whenever their node can be.
    Column("awaited", Boolean, nullable=False, server_default=false()),
    Column("attempt", Integer, nullable=False, server_default="1"),
    # The command of the same operation that has to be done before, and the one that this undoes.
    Column("after", ID),
    Column("undoes", ID),
    Column("application_id", ID, nullable=False),
    Column("node_id", NAME, nullable=False),
    Column("gear_id", ID, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reply", JSON),
    Column("error", Text),
    # What a node still has to be told, in order, and nobody waits for.
    Index(
        "ix_commands_owed",
        "node_id",
        "number",
        sqlite_where=text("state = 'pending' AND NOT awaited"),
        postgresql_where=text("state = 'pending' AND NOT awaited"),
    ),
    Index(
        "ix_commands_pending",
        "application_id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

# What a repeated request with the same Idempotency-Key is answered.
answers = Table(
    "answers",
    metadata,
    Column("owner_id", ID, primary_key=True),
    Column("key", String(255), primary_key=True),
    # A hash of the request: the same key for another request is a mistake.
    Column("fingerprint", String(64), nullable=False),
    # What came of the request, from its commit on: an operation, or the namespace that it changed.
    Column("operation_id", ID, index=True),
    # The process that works on it while there is no answer yet.
    Column("driver", ID),
    Column("status", Integer),
    Column("headers", JSON),
    Column("body", Text),
    Column("created_at", TIME, nullable=False, index=True),
)

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
