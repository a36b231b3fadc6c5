"""Operations queue, belong to a process and to an owner; commands say who waits; a repeated request has its answer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PENDING = sa.text("state = 'pending'")
OWED = sa.text("state = 'pending' AND NOT awaited")
QUEUED = sa.text("state = 'queued'")
OPEN = sa.text("finished_at IS NULL")
FINISHED = sa.text("finished_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("process_id", sa.String(length=24), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.String(length=20), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_processes")),
    )
    op.create_table(
        "answers",
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=24), nullable=True),
        sa.Column("driver", sa.String(length=24), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_created_at"), "answers", ["created_at"])
    op.create_index(op.f("ix_answers_operation_id"), "answers", ["operation_id"])
    _commands_up()
    _operations_up()


def _commands_up() -> None:
    op.drop_index("ix_commands_pending", table_name="commands")
    with op.batch_alter_table("commands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("awaited", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("after", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("undoes", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("reply", sa.JSON(), nullable=True))
    op.create_index("ix_commands_owed", "commands", ["node_id", "number"], sqlite_where=OWED, postgresql_where=OWED)
    op.create_index(
        "ix_commands_pending", "commands", ["application_id"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    # Until now a command that belonged to an operation was one that it waited for.
    op.execute("UPDATE commands SET awaited = (1 = 1) WHERE state = 'pending' AND operation_id IS NOT NULL")


def _operations_up() -> None:
    op.drop_index(op.f("ix_operations_application_id"), table_name="operations")
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owner_id", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("app_name", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("namespace", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("wish", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("ending", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("driver", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("cancelled", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("error_code", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("started_at", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_operations_application_id_operation_id"), "operations", ["application_id", "operation_id"])
    op.create_index(op.f("ix_operations_owner_id_operation_id"), "operations", ["owner_id", "operation_id"])
    op.create_index(
        "uq_operations_queued",
        "operations",
        ["application_id", "turn"],
        unique=True,
        sqlite_where=QUEUED,
        postgresql_where=QUEUED,
    )
    op.create_index("ix_operations_open", "operations", ["operation_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "ix_operations_finished", "operations", ["finished_at"], sqlite_where=FINISHED, postgresql_where=FINISHED
    )
    op.execute("UPDATE operations SET ending = kind, started_at = created_at")
    for column, source in (
        ("owner_id", "SELECT owner_id FROM applications a"),
        ("app_name", "SELECT name FROM applications a"),
        ("namespace", "SELECT n.name FROM applications a JOIN namespaces n ON n.namespace_id = a.namespace_id"),
    ):
        op.execute(
            f"UPDATE operations SET {column} = ({source} WHERE a.application_id = operations.application_id)"  # noqa: S608 of this file
        )


def downgrade() -> None:
    # An older broker knows running operations only: what waits for its turn has changed nothing yet.
    op.execute("DELETE FROM operations WHERE state = 'queued'")
    op.execute("UPDATE operations SET kind = ending WHERE ending IS NOT NULL")
    op.execute("UPDATE operations SET state = 'failed' WHERE state = 'cancelled'")
    op.execute("UPDATE commands SET operation_id = NULL WHERE state = 'pending' AND NOT awaited")
    for name in (
        "uq_operations_queued",
        op.f("ix_operations_owner_id_operation_id"),
        "ix_operations_open",
        "ix_operations_finished",
        op.f("ix_operations_application_id_operation_id"),
    ):
        op.drop_index(name, table_name="operations")
    op.create_index(op.f("ix_operations_application_id"), "operations", ["application_id"])
    with op.batch_alter_table("operations", schema=None) as batch_op:
        for name in (
            "started_at",
            "error_code",
            "cancelled",
            "driver",
            "attempt",
            "turn",
            "ending",
            "wish",
            "namespace",
            "app_name",
            "owner_id",
        ):
            batch_op.drop_column(name)
    op.drop_index("ix_commands_owed", table_name="commands")
    op.drop_index("ix_commands_pending", table_name="commands")
    op.create_index(
        "ix_commands_pending", "commands", ["node_id", "number"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    with op.batch_alter_table("commands", schema=None) as batch_op:
        for name in ("reply", "undoes", "after", "attempt", "awaited"):
            batch_op.drop_column(name)
    op.drop_table("answers")
    op.drop_table("processes")
