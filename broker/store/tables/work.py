"""Processes, the operations in their hands, what nodes are told, and what requests are answered."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false, text

from broker.store.tables.columns import ID, NAME, SERIAL, TIME, metadata

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
    # Who asked for it, where that was somebody over the REST interface.
    Column("actor_id", ID),
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

# What all processes of a platform must agree on, by name.
agreements = Table(
    "agreements",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
