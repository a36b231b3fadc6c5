"""Keys, tokens, teams and members; certificates of aliases; deployments; what cartridges and gears are known to run."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GLOBAL = sa.text("owner_id IS NULL")
IDLE = sa.text("lifecycle != 'started'")
APART = sa.text("lifecycle != 'started' OR held_out")
NEW_TABLES = (
    "agreements",
    "activations",
    "deployments",
    "namespace_members",
    "team_members",
    "teams",
    "authorizations",
    "ssh_keys",
)
NEW_COLUMNS = {
    "users": (
        "may_have_subaccounts",
        "may_use_private_ssl",
        "may_view_global_teams",
        "max_untracked_storage",
        "max_tracked_storage",
        "parent_id",
        "inherited",
    ),
    "applications": ("deployment_id", "verdict_since"),
    "gear_groups": ("additional_storage",),
    "application_cartridges": ("running", "url", "manifest", "data"),
    "gears": ("deployment_id", "held_out", "drained_at"),
    "aliases": ("certificate_id", "certificate", "private_key", "certificate_added_at"),
    "operations": ("actor_id",),
}


def upgrade() -> None:
    _accounts_up()
    _members_up()
    _applications_up()
    _deployments_up()
    _agreements_up()


def _accounts_up() -> None:
    for name in ("may_have_subaccounts", "may_use_private_ssl", "may_view_global_teams"):
        op.add_column("users", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in ("max_untracked_storage", "max_tracked_storage"):
        op.add_column("users", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("users", sa.Column("parent_id", sa.String(length=24), nullable=True))
    op.add_column("users", sa.Column("inherited", sa.JSON(), server_default="[]", nullable=False))
    op.create_index(op.f("ix_users_parent_id"), "users", ["parent_id"])
    op.create_table(
        "ssh_keys",
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_ssh_keys_user_id")),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_ssh_keys")),
        sa.UniqueConstraint("user_id", "digest", name=op.f("uq_ssh_keys_user_id_digest")),
    )
    op.create_table(
        "authorizations",
        sa.Column("authorization_id", sa.String(length=24), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_authorizations_user_id")),
        sa.PrimaryKeyConstraint("authorization_id", name=op.f("pk_authorizations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_authorizations_token_hash")),
    )
    op.create_index(op.f("ix_authorizations_user_id_created_at"), "authorizations", ["user_id", "created_at"])


def _members_up() -> None:
    op.create_table(
        "teams",
        sa.Column("team_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("owner_id", sa.String(length=24), nullable=True),
        sa.Column("maps_to", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.user_id"], name=op.f("fk_teams_owner_id")),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_teams")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_teams_owner_id_name")),
    )
    op.create_index("uq_teams_global", "teams", ["name"], unique=True, sqlite_where=GLOBAL, postgresql_where=GLOBAL)
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.String(length=24), nullable=False),
        sa.Column("user_id", sa.String(length=24), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.team_id"], name=op.f("fk_team_members_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_team_members_user_id")),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_members")),
    )
    op.create_index(op.f("ix_team_members_user_id"), "team_members", ["user_id"])
    op.create_table(
        "namespace_members",
        sa.Column("namespace_id", sa.String(length=24), nullable=False),
        sa.Column("member_kind", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.String(length=24), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespaces.namespace_id"], name=op.f("fk_namespace_members_namespace_id")
        ),
        sa.PrimaryKeyConstraint("namespace_id", "member_kind", "member_id", name=op.f("pk_namespace_members")),
    )
    op.create_index(op.f("ix_namespace_members_member_id"), "namespace_members", ["member_id"])


def _applications_up() -> None:
    op.add_column("applications", sa.Column("deployment_id", sa.String(length=16), nullable=True))
    op.add_column("applications", sa.Column("verdict_since", sa.String(length=20), nullable=True))
    op.drop_index(op.f("ix_applications_owner_id_name"), table_name="applications")
    op.create_index(
        op.f("ix_applications_owner_id_name_application_id"), "applications", ["owner_id", "name", "application_id"]
    )
    op.add_column("gear_groups", sa.Column("additional_storage", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "application_cartridges", sa.Column("running", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    for name in ("url", "manifest", "data"):
        op.add_column("application_cartridges", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("gears", sa.Column("deployment_id", sa.String(length=16), nullable=True))
    op.add_column("gears", sa.Column("held_out", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("gears", sa.Column("drained_at", sa.String(length=20), nullable=True))
    op.drop_index("ix_gears_idle", table_name="gears")
    op.create_index("ix_gears_apart", "gears", ["group_id"], sqlite_where=APART, postgresql_where=APART)
    op.add_column("aliases", sa.Column("certificate_id", sa.String(length=24), nullable=True))
    op.add_column("aliases", sa.Column("certificate", sa.Text(), nullable=True))
    op.add_column("aliases", sa.Column("private_key", sa.Text(), nullable=True))
    op.add_column("aliases", sa.Column("certificate_added_at", sa.String(length=20), nullable=True))
    op.create_index("uq_aliases_certificate_id", "aliases", ["certificate_id"], unique=True)
    op.add_column("operations", sa.Column("actor_id", sa.String(length=24), nullable=True))


def _agreements_up() -> None:
    op.create_table(
        "agreements",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_agreements")),
    )


def _deployments_up() -> None:
    op.create_table(
        "deployments",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("deployment_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=256), nullable=True),
        sa.Column("sha1", sa.String(length=40), nullable=True),
        sa.Column("artifact_url", sa.Text(), nullable=True),
        sa.Column("hot_deploy", sa.Boolean(), nullable=False),
        sa.Column("force_clean_build", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_deployments_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "deployment_id", name=op.f("pk_deployments")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_deployments_application_id_number")),
    )
    op.create_table(
        "activations",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.String(length=16), nullable=False),
        sa.Column("activated_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_activations_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "number", name=op.f("pk_activations")),
    )

    # What an application of before runs is its first deployment: whatever was there when it was created.
    op.execute(
        "INSERT INTO deployments"
        " (application_id, deployment_id, number, ref, hot_deploy, force_clean_build, created_at)"
        " SELECT application_id, substr(application_id, 17, 8), 1, deployment_branch, (1 = 0), (1 = 0), created_at"
        " FROM applications"
    )
    op.execute(
        "INSERT INTO activations (application_id, number, deployment_id, activated_at)"
        " SELECT application_id, 1, deployment_id, created_at FROM deployments"
    )
    op.execute("UPDATE applications SET deployment_id = substr(application_id, 17, 8)")
    # The first group is that of the web framework; others run no code of the owner's.
    op.execute(
        "UPDATE gears SET deployment_id = substr(application_id, 17, 8)"
        " WHERE group_id IN (SELECT group_id FROM gear_groups WHERE ordinal = 0)"
    )


def downgrade() -> None:
    for table in NEW_TABLES:
        op.drop_table(table)
    op.drop_index(op.f("ix_users_parent_id"), table_name="users")
    op.drop_index("ix_gears_apart", table_name="gears")
    op.create_index("ix_gears_idle", "gears", ["group_id"], sqlite_where=IDLE, postgresql_where=IDLE)
    op.drop_index("uq_aliases_certificate_id", table_name="aliases")
    op.drop_index(op.f("ix_applications_owner_id_name_application_id"), table_name="applications")
    op.create_index(op.f("ix_applications_owner_id_name"), "applications", ["owner_id", "name"])
    # One by one, and not by making the tables anew: rows of others refer to theirs.
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)
