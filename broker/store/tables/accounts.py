"""Accounts, what they may log in with, their namespaces, and who else has a part in these."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from broker.store.tables.columns import ID, NAME, TIME, metadata

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
    Column("may_have_subaccounts", Boolean, nullable=False, server_default=false()),
    Column("may_use_private_ssl", Boolean, nullable=False, server_default=false()),
    Column("may_view_global_teams", Boolean, nullable=False, server_default=false()),
    Column("max_untracked_storage", Integer, nullable=False, server_default="0"),
    Column("max_tracked_storage", Integer, nullable=False, server_default="0"),
    Column("parent_id", ID, index=True),
    Column("inherited", JSON, nullable=False, server_default="[]"),
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

ssh_keys = Table(
    "ssh_keys",
    metadata,
    Column("user_id", ID, ForeignKey(users.c.user_id), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("type", String(64), nullable=False),
    Column("content", Text, nullable=False),
    # A hash of the content, which is too long for an index.
    Column("digest", String(64), nullable=False),
    Column("created_at", TIME, nullable=False),
    UniqueConstraint("user_id", "digest"),
)

authorizations = Table(
    "authorizations",
    metadata,
    Column("authorization_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey(users.c.user_id), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("note", Text),
    Column("scopes", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Index(None, "user_id", "created_at"),
)

teams = Table(
    "teams",
    metadata,
    Column("team_id", ID, primary_key=True),
    Column("name", String(250), nullable=False),
    Column("owner_id", ID, ForeignKey(users.c.user_id)),
    Column("maps_to", Text),
    Column("created_at", TIME, nullable=False),
    UniqueConstraint("owner_id", "name"),
    Index(
        "uq_teams_global",
        "name",
        unique=True,
        sqlite_where=text("owner_id IS NULL"),
        postgresql_where=text("owner_id IS NULL"),
    ),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", ID, ForeignKey(teams.c.team_id), primary_key=True),
    Column("user_id", ID, ForeignKey(users.c.user_id), primary_key=True, index=True),
    Column("role", SmallInteger, nullable=False),
)

# Those who were given a role in a namespace; its owner is not among them.
namespace_members = Table(
    "namespace_members",
    metadata,
    Column("namespace_id", ID, ForeignKey(namespaces.c.namespace_id), primary_key=True),
    Column("member_kind", String(8), primary_key=True),
    # An account or a team.
    Column("member_id", ID, primary_key=True, index=True),
    Column("role", SmallInteger, nullable=False),
)
