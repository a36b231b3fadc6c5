"""Small looks at an application: what it is made of, and whether its name is in DNS."""

from collections.abc import Sequence

from broker.core.access import Permission
from broker.core.application import ApplicationParts, GearGroup
from broker.core.dns_names import app_dns_name
from broker.core.errors import NotFound
from broker.core.owner import User
from broker.interfaces import Platform, RemoteDnsUnavailable
from broker.usecases.finding import find_application


class NameNotResolved(NotFound):
    """DNS does not have the application's own name."""

    code = "dns_not_resolvable"
    exit_code = 170

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Could not resolve DNS {name}: {reason}")


def describe_application(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> tuple[ApplicationParts, dict[str, object]]:
    """The application, and what it is made of: its name, its cartridges, and what its owner wants of their groups."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
    described: dict[str, object] = {
        "Name": parts.application.name,
        "Requires": [installed.name for installed in parts.cartridges],
    }
    overrides = [wanted for group in parts.groups if (wanted := _overrides(parts, group))]
    if overrides:
        described["Group-Overrides"] = overrides
    return parts, described


def _overrides(parts: ApplicationParts, group: GearGroup) -> dict[str, object]:
    """What is wanted of a group beside what follows from its cartridges; empty where nothing is."""
    wanted = {
        "gear_size": group.profile if group.profile != parts.application.profile else None,
        "min_gears": group.explicit_minimum,
        "max_gears": group.explicit_maximum,
        "additional_storage": group.additional_storage or None,
    }
    chosen = {name: value for name, value in wanted.items() if value is not None}
    return {"components": list(parts.cartridges_of(group.group_id)), **chosen} if chosen else {}


def check_name(platform: Platform, user: User, reference: str, namespace: str | None = None) -> str:
    """The application's own name, if whoever asks DNS is answered; raises `NameNotResolved` with the reason.

    The embedded DNS server answers from the table of names; a DNS server beside the broker is asked itself.
    """
    with platform.reading() as work:
        application = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION).application
        name = app_dns_name(application.name, application.namespace, platform.policy.cloud_domain)
        in_table = work.names.lookup(name)
    found: Sequence[tuple[str, str]] = in_table
    if platform.remote_dns is not None:
        try:
            found = platform.remote_dns.lookup(name)
        except RemoteDnsUnavailable:
            # What it says names its address and its keys, and is for the operator: `gearbroker doctor` shows it.
            raise NameNotResolved(name, "the DNS server does not answer") from None
    if not found:
        raise NameNotResolved(name, "the DNS server does not have it yet" if in_table else "there is no such name")
    return name
