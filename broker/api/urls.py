"""The whole interface as one table: method, path, resource, what it takes, what it answers, and who may ask."""

from broker.api.account_urls import account_urls
from broker.api.application_urls import application_urls
from broker.api.catalogue_urls import catalogue_urls
from broker.api.console_urls import console_urls
from broker.api.deployment_urls import deployment_urls
from broker.api.domain_urls import domain_urls
from broker.api.gear_urls import gear_urls
from broker.api.resources import discovery, routing
from broker.api.schemas import discovery as discovery_schemas
from broker.api.schemas import routing as routing_schemas
from broker.api.streams import MEDIA
from broker.api.team_urls import team_urls
from broker.api.url import Shape, Url, application, here


def urls() -> tuple[Url, ...]:
    """Every resource of the interface."""
    return (
        *_entry(),
        *account_urls(),
        *domain_urls(),
        *team_urls(),
        *application_urls(),
        *catalogue_urls(),
        *deployment_urls(),
        *gear_urls(),
        *_routing(),
        *console_urls(),
    )


def _entry() -> tuple[Url, ...]:
    links = Shape(kind="links")
    environment = Shape(kind="environment", schema=discovery_schemas.EnvironmentSchema())
    return (
        Url(
            "GET",
            here("/api"),
            discovery.show_entry,
            "Show what the interface offers",
            links,
            login=False,
            always_open=True,
        ),
        Url(
            "GET",
            here("/environment"),
            discovery.show_environment,
            "Show the environment of applications",
            environment,
            login=False,
        ),
    )


def _routing() -> tuple[Url, ...]:
    table = Shape(kind="routing_table", schema=routing_schemas.PositionedTableSchema(), is_wire=True)
    snapshot = Shape(kind="routing_snapshot", schema=routing_schemas.SnapshotSchema(), is_wire=True)
    certificate = Shape(kind="routing_certificate", schema=routing_schemas.CertificateSchema(), is_wire=True)
    return (
        Url(
            "GET",
            application("/routing_table", "/routing-table"),
            routing.show_routing_table,
            "Show what routers know of an application",
            table,
            refusals=(404, 409),
        ),
        Url("GET", here("/routing/snapshot"), routing.show_snapshot, "Take a snapshot of all routing tables", snapshot),
        Url(
            "GET",
            here("/routing/certificate/<reference>"),
            routing.show_certificate,
            "Fetch a certificate with its private key",
            certificate,
            refusals=(404, 500),
        ),
        Url(
            "GET",
            here("/routing/events"),
            routing.read_log,
            "Read or follow the log of routing events",
            Shape(kind=None, bare=True),
            form=routing_schemas.EventReading(),
            media=MEDIA,
            refusals=(410, 422, 503),
        ),
    )
