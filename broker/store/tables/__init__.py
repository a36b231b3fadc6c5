"""Every table of the database, with the constraints that two processes could otherwise break."""

from broker.store.tables.accounts import (
    authorizations,
    namespace_members,
    namespaces,
    ssh_keys,
    team_members,
    teams,
    users,
)
from broker.store.tables.applications import (
    activations,
    aliases,
    application_cartridges,
    applications,
    deployments,
    environment_variables,
    gear_groups,
)
from broker.store.tables.columns import NAME, metadata
from broker.store.tables.events import counters, dns_changes, parked_events, routing_events
from broker.store.tables.gears import dns_records, endpoints, gears, nodes
from broker.store.tables.work import agreements, answers, commands, operations, processes

__all__ = [
    "NAME",
    "activations",
    "agreements",
    "aliases",
    "answers",
    "application_cartridges",
    "applications",
    "authorizations",
    "commands",
    "counters",
    "deployments",
    "dns_changes",
    "dns_records",
    "endpoints",
    "environment_variables",
    "gear_groups",
    "gears",
    "metadata",
    "namespace_members",
    "namespaces",
    "nodes",
    "operations",
    "parked_events",
    "processes",
    "routing_events",
    "ssh_keys",
    "team_members",
    "teams",
    "users",
]
