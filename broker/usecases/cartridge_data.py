"""What a cartridge tells of itself once installed, such as the credentials of a database: sealed where it is kept.

It is shown to those who may see code, and to nobody else; no log, no event and no operation has a word of it.
"""

import json
from collections.abc import Collection, Iterable, Mapping

from broker.core.access import Permission, Role
from broker.core.application import Application, ApplicationParts, InstalledCartridge
from broker.core.cartridge import Cartridge, EndpointType
from broker.core.dns_names import app_dns_name
from broker.core.ids import ApplicationId
from broker.core.owner import User
from broker.interfaces import Platform, Unopenable
from broker.usecases.visibility import may

# What is sealed and derived here is for this alone.
PURPOSE = "data of a cartridge"
CART_DATA = "cart_data"
LOGIN_LENGTH = 8
PASSWORD_LENGTH = 16

Values = Mapping[str, str]
# By application, then by cartridge.
AllData = Mapping[ApplicationId, Mapping[str, Values]]


def new_data(platform: Platform, application: Application, cartridge: Cartridge) -> str | None:
    """Values for what the cartridge will tell, sealed; None where it tells nothing."""
    named = {each.name for each in cartridge.properties if each.kind == CART_DATA}
    known = _made(platform, application, cartridge) if named else {}
    values = {name: value for name, value in known.items() if name in named}
    return platform.vault.seal(json.dumps(values).encode(), PURPOSE) if values else None


def _made(platform: Platform, application: Application, cartridge: Cartridge) -> dict[str, str]:
    # Another one each time it is installed, and nobody's to guess without the platform's key.
    secret = platform.vault.derive(PURPOSE, f"{application.application_id}/{cartridge.name}/{platform.new_id()}")
    return {
        "username": f"admin{secret[:LOGIN_LENGTH]}",
        "password": secret[LOGIN_LENGTH : LOGIN_LENGTH + PASSWORD_LENGTH],
        "database_name": application.name,
        "connection_url": _connection_url(platform, application, cartridge),
    }


def _connection_url(platform: Platform, application: Application, cartridge: Cartridge) -> str:
    """Where a database is, in the variables that its gear has; of anything else, where its pages are."""
    if cartridge.endpoint_type is EndpointType.DATABASE:
        protocol = next((word for each in cartridge.endpoints for word in each.protocols), cartridge.base_name)
        prefix = f"$OPENSHIFT_{cartridge.base_name.upper().replace('-', '_')}_DB"
        return f"{protocol}://{prefix}_HOST:{prefix}_PORT/"
    host = app_dns_name(application.name, application.namespace, platform.policy.cloud_domain)
    return f"{platform.policy.base_url_scheme}://{host}/{cartridge.base_name}/"


def opened(platform: Platform, installed: InstalledCartridge) -> Values:
    """The values of an installed cartridge; none where it has none, or where their key has gone."""
    if installed.data is None:
        return {}
    try:
        values: dict[str, str] = json.loads(platform.vault.open(installed.data, PURPOSE))
    except Unopenable:
        return {}
    return values


def data_for(platform: Platform, user: User, found: Iterable[ApplicationParts]) -> AllData:
    """The values of these applications' cartridges, as far as the caller may see them; at most one statement."""
    telling = [parts for parts in found if any(each.data is not None for each in parts.cartridges)]
    roles = {parts.application.namespace_id: Role.OWNER for parts in telling if _owns(user, parts)}
    if any(not _owns(user, parts) for parts in telling):
        with platform.reading() as work:
            roles = {**work.members.roles_of(user.user_id), **roles}
    return {
        parts.application.application_id: {each.name: opened(platform, each) for each in parts.cartridges}
        for parts in telling
        if may(user, parts.application, roles.get(parts.application.namespace_id), Permission.VIEW_CODE_DETAILS)
    }


def _owns(user: User, parts: ApplicationParts) -> bool:
    return parts.application.owner_id == user.user_id


def credentials_of(
    platform: Platform, user: User, parts: ApplicationParts, names: Collection[str] | None = None
) -> str:
    """What a caller is told once of the credentials of these new cartridges, or of all; empty where there are none."""
    catalogue = platform.catalogue_of(parts)
    values = data_for(platform, user, [parts]).get(parts.application.application_id, {})
    return "\n".join(
        _told(catalogue[name], known)
        for name, known in values.items()
        if "password" in known and (names is None or name in names)
    )


def _told(cartridge: Cartridge, values: Values) -> str:
    return (
        f"\n{cartridge.display_name} database added.  Please make note of these credentials:\n\n"
        f"       Root User: {values.get('username', '')}\n"
        f"   Root Password: {values['password']}\n"
        f"   Database Name: {values.get('database_name', '')}\n\n"
        f"Connection URL: {values.get('connection_url', '')}\n"
    )
