"""What an operator asks of applications, whoever owns them."""

from collections.abc import Callable

from broker.core.application import ApplicationParts, ApplicationPhase
from broker.core.dns_names import app_dns_name
from broker.core.errors import NotFound
from broker.core.ids import GearId
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.announcing import ha_name
from broker.usecases.groups import group_views
from broker.usecases.standing import judge
from broker.usecases.views import ApplicationReport


def report(platform: Platform, work: UnitOfWork, parts: ApplicationParts) -> ApplicationReport:
    """The application with its groups, gears, verdict and DNS answers."""
    application = parts.application
    names = [
        app_dns_name(application.name, application.namespace, platform.policy.cloud_domain),
        ha_name(platform.policy, application),
    ]
    dns = [(name, kind, target) for name in names for kind, target in work.names.lookup(name)]
    return ApplicationReport(
        parts=parts,
        groups=group_views(platform, work, parts, with_endpoints=True),
        verdict=judge(platform, work, parts),
        dns=tuple(dns),
        owner_login=application.owner_login,
    )


def find_reports(
    platform: Platform, *, name: str | None = None, login: str | None = None
) -> tuple[ApplicationReport, ...]:
    """Reports of the applications of a name, of an owner, or both."""
    with platform.reading() as work:
        found = _find(work, name, login)
        return tuple(
            report(platform, work, parts) for parts in found if parts.application.phase is not ApplicationPhase.DELETING
        )


def _find(work: UnitOfWork, name: str | None, login: str | None) -> tuple[ApplicationParts, ...]:
    if login is None:
        return work.applications.all_named((name or "").lower())
    owner = work.users.by_login(login)
    if owner is None:
        raise NotFound(f"User {login} not found.")
    if name is None:
        return work.applications.owned(owner.user_id)
    return work.applications.owned_named(owner.user_id, name.lower())


def reports_in_namespace(platform: Platform, namespace: str) -> tuple[ApplicationReport, ...]:
    """Reports of the applications of a namespace, whoever owns it."""
    with platform.reading() as work:
        found = work.namespaces.by_name(namespace.lower())
        held = () if found is None else work.applications.owned(found.owner_id, found.namespace_id)
        return tuple(report(platform, work, parts) for parts in held)


def reports_by_gear(platform: Platform, gear_id: str) -> tuple[ApplicationReport, ...]:
    """The report of the application that has this gear."""
    with platform.reading() as work:
        gears = work.gears.by_ids([GearId(gear_id)])
        found = (work.applications.by_id(gear.application_id) for gear in gears)
        return tuple(report(platform, work, parts) for parts in found if parts is not None)


Fits = Callable[[str], object]


def reports_matching(
    platform: Platform,
    *,
    app: Fits | None = None,
    domain: Fits | None = None,
    login: Fits | None = None,
    gear_uuid: Fits | None = None,
) -> tuple[ApplicationReport, ...]:
    """Reports of all applications whose name, namespace, owner and a gear's id fit whatever is asked of them."""
    with platform.reading() as work:
        ids = (
            None if gear_uuid is None else {each.application_id for each in work.gears.all() if gear_uuid(each.gear_id)}
        )
        return tuple(
            report(platform, work, parts)
            for parts in work.applications.all()
            for application in (parts.application,)
            if (app is None or app(application.name))
            and (domain is None or domain(application.namespace))
            and (login is None or login(application.owner_login))
            and (ids is None or application.application_id in ids)
        )


def reports_by_dns_name(platform: Platform, dns_name: str) -> tuple[ApplicationReport, ...]:
    """The report of the application whose name this is in DNS, its HA name too, whether or not it is HA now."""
    wanted = dns_name.lower().rstrip(".")
    policy = platform.policy
    with platform.reading() as work:
        return tuple(
            report(platform, work, parts)
            for parts in work.applications.all()
            for application in (parts.application,)
            if wanted
            in {
                app_dns_name(application.name, application.namespace, policy.cloud_domain),
                ha_name(policy, application),
            }
        )
