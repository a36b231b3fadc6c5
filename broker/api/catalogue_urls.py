"""What anybody may read of what applications can be made of: cartridges, quickstarts, regions."""

from broker.api.negotiation import JSON
from broker.api.resources import catalogue, regions
from broker.api.schemas import catalogue as catalogue_schemas
from broker.api.schemas import quickstarts as quickstart_schemas
from broker.api.schemas import regions as region_schemas
from broker.api.url import Paths, Shape, Url, here


def catalogue_urls() -> tuple[Url, ...]:
    """All of them; none needs a login."""
    return (*_cartridges(), *_quickstarts(), *_regions())


def _cartridges() -> tuple[Url, ...]:
    one = Shape(kind="cartridge", schema=catalogue_schemas.CartridgeTypeSchema())
    many = Shape(kind="cartridges", schema=one.schema, many=True)
    return (
        Url(
            "GET",
            here("/cartridges"),
            catalogue.list_catalogue,
            "List or search the catalogue",
            many,
            form=catalogue_schemas.CatalogueSearch(),
            login=False,
            filtered=True,
        ),
        Url(
            "GET",
            here("/cartridges/<feature>"),
            catalogue.list_feature,
            "List the cartridges that provide a feature",
            many,
            login=False,
            filtered=True,
        ),
        Url(
            "GET",
            here("/cartridge/<cartridge>"),
            catalogue.show_cartridge_type,
            "Show a cartridge of the catalogue",
            one,
            login=False,
            refusals=(404,),
        ),
    )


def _quickstarts() -> tuple[Url, ...]:
    many = Shape(kind="quickstarts", schema=quickstart_schemas.QuickstartItemSchema(), many=True)
    return (
        Url(
            "GET",
            here("/quickstarts"),
            catalogue.list_quickstarts,
            "List the quickstarts",
            many,
            media=(JSON,),
            login=False,
        ),
        Url(
            "GET",
            Paths(here("/quickstart/<quickstart>").current, here("/quickstarts/<quickstart>").current),
            catalogue.show_quickstart,
            "Show a quickstart",
            many,
            media=(JSON,),
            login=False,
            refusals=(404,),
        ),
    )


def _regions() -> tuple[Url, ...]:
    one = Shape(kind="region", schema=region_schemas.RegionSchema())
    many = Shape(kind="regions", schema=one.schema, many=True)
    return (
        Url(
            "GET",
            here("/regions"),
            regions.list_all,
            "List the regions with their zones",
            many,
            login=False,
            refusals=(503,),
        ),
        Url(
            "GET",
            here("/region/<region>"),
            regions.show_one,
            "Show a region",
            one,
            login=False,
            refusals=(404, 503),
        ),
    )
