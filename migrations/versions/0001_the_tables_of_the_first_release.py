"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=24), nullable=False),
        sa.Column("operation_id", sa.String(length=24), nullable=True),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("node_id", sa.String(length=255), nullable=False),
        sa.Column("gear_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_commands")),
        sa.UniqueConstraint("command_id", name=op.f("uq_commands_command_id")),
    )
    with op.batch_alter_table("commands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commands_operation_id"), ["operation_id"], unique=False)
        batch_op.create_index(
            "ix_commands_pending",
            ["node_id", "number"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    # Held by whoever counts on, so they must be there before the first does.
    op.bulk_insert(
        sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger)),
        [{"name": "routing_position", "value": 0}, {"name": "fleet_changes", "value": 0}],
    )
    op.create_table(
        "dns_records",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_dns_records")),
    )
    with op.batch_alter_table("dns_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dns_records_application_id"), ["application_id"], unique=False)

    op.create_table(
        "nodes",
        sa.Column("node_id", sa.String(length=255), nullable=False),
        sa.Column("public_address", sa.String(length=45), nullable=False),
        sa.Column("profile", sa.String(length=255), nullable=False),
        sa.Column("region", sa.String(length=255), nullable=True),
        sa.Column("zone", sa.String(length=255), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("gears", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("liveness", sa.String(length=16), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.CheckConstraint("gears >= 0 AND gears <= capacity", name=op.f("ck_nodes_never_overcommitted")),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_nodes")),
    )
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nodes_changed"), ["changed"], unique=False)

    op.create_table(
        "operations",
        sa.Column("operation_id", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("finished_at", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_operations")),
    )
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operations_application_id"), ["application_id"], unique=False)
        batch_op.create_index(
            "uq_operations_running",
            ["application_id"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "routing_events",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("app_name", sa.String(length=32), nullable=False),
        sa.Column("namespace", sa.String(length=16), nullable=False),
        sa.Column("occurred_at", sa.String(length=20), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_routing_events")),
        sa.UniqueConstraint("application_id", "sequence", name=op.f("uq_routing_events_application_id_sequence")),
        sa.UniqueConstraint("position", name=op.f("uq_routing_events_position")),
    )
    with op.batch_alter_table("routing_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_routing_events_owner_id_position"), ["owner_id", "position"], unique=False)
        batch_op.create_index(
            "ix_routing_events_unnumbered",
            ["event_id"],
            unique=False,
            sqlite_where=sa.text("position IS NULL"),
            postgresql_where=sa.text("position IS NULL"),
        )

    op.create_table(
        "users",
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("max_gears", sa.Integer(), nullable=False),
        sa.Column("max_namespaces", sa.Integer(), nullable=False),
        sa.Column("max_teams", sa.Integer(), nullable=False),
        sa.Column("consumed_gears", sa.Integer(), nullable=False),
        sa.Column("gear_sizes", sa.JSON(), nullable=False),
        sa.Column("may_use_ha", sa.Boolean(), nullable=False),
        sa.Column("may_follow_all_routing", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.CheckConstraint("consumed_gears >= 0", name=op.f("ck_users_consumed_gears_not_negative")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_table(
        "namespaces",
        sa.Column("namespace_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("allowed_gear_sizes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.user_id"], name=op.f("fk_namespaces_owner_id")),
        sa.PrimaryKeyConstraint("namespace_id", name=op.f("pk_namespaces")),
        sa.UniqueConstraint("name", name=op.f("uq_namespaces_name")),
    )
    with op.batch_alter_table("namespaces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_namespaces_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "applications",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("namespace_id", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("scalable", sa.Boolean(), nullable=False),
        sa.Column("ha", sa.Boolean(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.String(length=255), nullable=False),
        sa.Column("region", sa.String(length=255), nullable=True),
        sa.Column("default_multiplier", sa.Integer(), nullable=False),
        sa.Column("multiplier", sa.Integer(), nullable=True),
        sa.Column("head_gear_id", sa.String(length=24), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("initial_git_url", sa.Text(), nullable=True),
        sa.Column("auto_deploy", sa.Boolean(), nullable=False),
        sa.Column("deployment_branch", sa.String(length=256), nullable=False),
        sa.Column("keep_deployments", sa.Integer(), nullable=False),
        sa.Column("deployment_type", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespaces.namespace_id"], name=op.f("fk_applications_namespace_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.user_id"], name=op.f("fk_applications_owner_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_applications")),
        sa.UniqueConstraint("namespace_id", "name", name=op.f("uq_applications_namespace_id_name")),
    )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_applications_owner_id_name"), ["owner_id", "name"], unique=False)

    op.create_table(
        "aliases",
        sa.Column("alias", sa.String(length=255), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_aliases_application_id")
        ),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_aliases")),
    )
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aliases_application_id"), ["application_id"], unique=False)

    op.create_table(
        "environment_variables",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.application_id"],
            name=op.f("fk_environment_variables_application_id"),
        ),
        sa.PrimaryKeyConstraint("application_id", "name", name=op.f("pk_environment_variables")),
    )
    op.create_table(
        "gear_groups",
        sa.Column("group_id", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=255), nullable=False),
        sa.Column("explicit_minimum", sa.Integer(), nullable=True),
        sa.Column("explicit_maximum", sa.Integer(), nullable=True),
        sa.Column("gear_count", sa.Integer(), nullable=False),
        sa.Column("proxy_count", sa.Integer(), nullable=False),
        sa.Column("ordinals", sa.Integer(), nullable=False),
        sa.Column("proxies_out", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "gear_count >= 0 AND proxy_count >= 0 AND proxy_count <= gear_count",
            name=op.f("ck_gear_groups_counts_agree"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_gear_groups_application_id")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_gear_groups")),
    )
    with op.batch_alter_table("gear_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gear_groups_application_id"), ["application_id"], unique=False)

    op.create_table(
        "application_cartridges",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("group_id", sa.String(length=24), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.application_id"],
            name=op.f("fk_application_cartridges_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["gear_groups.group_id"], name=op.f("fk_application_cartridges_group_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "name", name=op.f("pk_application_cartridges")),
    )
    op.create_table(
        "gears",
        sa.Column("gear_id", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("group_id", sa.String(length=24), nullable=False),
        sa.Column("node_id", sa.String(length=255), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("carries_proxy", sa.Boolean(), nullable=False),
        sa.Column("lifecycle", sa.String(length=16), nullable=False),
        sa.Column("rotation", sa.String(length=16), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=True),
        sa.Column("operation_id", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_gears_application_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["gear_groups.group_id"], name=op.f("fk_gears_group_id")),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.node_id"], name=op.f("fk_gears_node_id")),
        sa.PrimaryKeyConstraint("gear_id", name=op.f("pk_gears")),
        sa.UniqueConstraint("group_id", "ordinal", name=op.f("uq_gears_group_id_ordinal")),
    )
    with op.batch_alter_table("gears", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gears_application_id_group_id_ordinal"),
            ["application_id", "group_id", "ordinal"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_gears_node_id"), ["node_id"], unique=False)
        batch_op.create_index(
            "ix_gears_operation_id",
            ["operation_id"],
            unique=False,
            sqlite_where=sa.text("operation_id IS NOT NULL"),
            postgresql_where=sa.text("operation_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_gears_idle",
            ["group_id"],
            unique=False,
            sqlite_where=sa.text("lifecycle != 'started'"),
            postgresql_where=sa.text("lifecycle != 'started'"),
        )
        batch_op.create_index(
            "ix_gears_proxies",
            ["application_id"],
            unique=False,
            sqlite_where=sa.text("carries_proxy"),
            postgresql_where=sa.text("carries_proxy"),
        )

    op.create_table(
        "endpoints",
        sa.Column("gear_id", sa.String(length=24), nullable=False),
        sa.Column("cartridge", sa.String(length=255), nullable=False),
        sa.Column("port_name", sa.String(length=255), nullable=False),
        sa.Column("public_port", sa.Integer(), nullable=False),
        sa.Column("internal_address", sa.String(length=45), nullable=False),
        sa.Column("internal_port", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["gear_id"], ["gears.gear_id"], name=op.f("fk_endpoints_gear_id")),
        sa.PrimaryKeyConstraint("gear_id", "cartridge", "port_name", name=op.f("pk_endpoints")),
    )


def downgrade() -> None:
    op.drop_table("endpoints")
    op.drop_table("gears")
    op.drop_table("application_cartridges")
    with op.batch_alter_table("gear_groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gear_groups_application_id"))

    op.drop_table("gear_groups")
    op.drop_table("environment_variables")
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_aliases_application_id"))

    op.drop_table("aliases")
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_owner_id_name"))

    op.drop_table("applications")
    with op.batch_alter_table("namespaces", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_namespaces_owner_id"))

    op.drop_table("namespaces")
    op.drop_table("users")
    with op.batch_alter_table("routing_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_routing_events_unnumbered",
            sqlite_where=sa.text("position IS NULL"),
            postgresql_where=sa.text("position IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_routing_events_owner_id_position"))

    op.drop_table("routing_events")
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_operations_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(batch_op.f("ix_operations_application_id"))

    op.drop_table("operations")
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nodes_changed"))

    op.drop_table("nodes")
    with op.batch_alter_table("dns_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dns_records_application_id"))

    op.drop_table("dns_records")
    op.drop_table("counters")
    with op.batch_alter_table("commands", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_commands_pending",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_commands_operation_id"))

    op.drop_table("commands")
