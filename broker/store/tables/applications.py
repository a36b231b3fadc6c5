"""Applications with what belongs to them, but for their gears."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from broker.store.tables.accounts import namespaces, users
from broker.store.tables.columns import ID, NAME, TIME, metadata

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
    Column("deployment_id", String(16)),
    Column("verdict_since", TIME),
    UniqueConstraint("namespace_id", "name"),
    # The order in which an owner's applications are listed, page by page.
    Index(None, "owner_id", "name", "application_id"),
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
    Column("additional_storage", Integer, nullable=False, server_default="0"),
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
    Column("running", Boolean, nullable=False, server_default=true()),
    # Of one that was downloaded: where it came from, and what it says of itself.
    Column("url", Text),
    Column("manifest", Text),
    # Its own values, such as credentials, sealed.
    Column("data", Text),
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
    # Another one for each certificate: what routers are told to fetch it by.
    Column("certificate_id", ID),
    Column("certificate", Text),
    # Sealed.
    Column("private_key", Text),
    Column("certificate_added_at", TIME),
    Index("uq_aliases_certificate_id", "certificate_id", unique=True),
)

deployments = Table(
    "deployments",
    metadata,
    Column("application_id", ID, ForeignKey(applications.c.application_id), primary_key=True),
    Column("deployment_id", String(16), primary_key=True),
    # Rises with each of an application's.
    Column("number", Integer, nullable=False),
    Column("ref", String(256)),
    Column("sha1", String(40)),
    Column("artifact_url", Text),
    Column("hot_deploy", Boolean, nullable=False),
    Column("force_clean_build", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
    UniqueConstraint("application_id", "number"),
)

# When a deployment became the one that gears are to run; a second time is a rollback.
activations = Table(
    "activations",
    metadata,
    Column("application_id", ID, ForeignKey(applications.c.application_id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("deployment_id", String(16), nullable=False),
    Column("activated_at", TIME, nullable=False),
)
