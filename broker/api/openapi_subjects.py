"""The subjects that the OpenAPI document sorts resources by, and what the parts of paths mean."""

from collections.abc import Mapping
from typing import Final

# Name of the tag: what is there. In the order in which a reader meets them.
SUBJECTS: Final[Mapping[str, str]] = {
    "entry": "Where clients begin: what the interface offers, and its description.",
    "account": "The caller's own account, its SSH keys, and tokens to log in with.",
    "domains": "Domains, which hold applications and are part of their names.",
    "members": "Who else has a part in a domain or a team, and in which role.",
    "teams": "Accounts that are given a role in domains together.",
    "applications": "Applications: creating, changing, showing and deleting them.",
    "events": "What is done with an application: starting, stopping, scaling, high availability.",
    "high availability": "Whether an application is highly available now, and why not.",
    "cartridges": "The cartridges of an application, and on how many gears each is.",
    "gears": "Gear groups and single gears of an application.",
    "aliases": "Further names of an application.",
    "environment variables": "Environment variables of an application.",
    "deployments": "The code of an application: what it was given, and what it runs.",
    "operations": "Changes of applications: which are under way, which are done, and why one has failed.",
    "catalogue": "What applications can be made of: cartridges, quickstarts, regions.",
    "routing": "What routers know, as a snapshot and as a log that can be followed.",
    "console": "Pages for people, which only show.",
}
# The subject of a module of resources, where it has another name.
_SUBJECT_OF: Final[Mapping[str, str]] = {
    "authorizations": "account",
    "discovery": "entry",
    "environment_variables": "environment variables",
    "gear_groups": "gears",
    "inspection": "applications",
    "ha": "high availability",
    "keys": "account",
    "openapi": "entry",
    "regions": "catalogue",
    "user": "account",
}
# What stands in a path in braces.
CAPTURES: Final[Mapping[str, str]] = {
    "application_id": "Id of an application, or its name where the caller sees only one of that name",
    "application_name": "Name of an application in the domain",
    "domain_id": "Name of a domain",
    "group_id": "Id of a gear group",
    "gear_id": "Id of a gear",
    "cartridge_name": "Name of a cartridge of the application",
    "cartridge": "Name or id of a cartridge of the catalogue",
    "feature": "Something that cartridges provide, such as `php`",
    "alias": "The further name",
    "name": "Name of an environment variable",
    "operation_id": "Id of an operation",
    "deployment_id": "Id of a deployment",
    "key_name": "Name of a key",
    "authorization": "Id of an authorization, or the token itself",
    "team_id": "Id of a team",
    "member_id": "Id of an account or a team that is a member",
    "quickstart": "Id of a quickstart",
    "region": "Name or id of a region",
    "reference": "What a routing event has of a certificate",
}


def subject_of(module: str) -> str:
    """The subject of the resources of that module."""
    return _SUBJECT_OF.get(module, module)
