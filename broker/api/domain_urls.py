"""The part of the table of the interface that is about domains."""

from broker.api.resources import domains, operations
from broker.api.schemas import domains as domain_schemas
from broker.api.team_urls import member_urls
from broker.api.url import NOTHING, Paths, Shape, Url, domain, here


def domain_urls() -> tuple[Url, ...]:
    """Every resource of domains."""
    schemas = domain_schemas
    one = Shape(kind="domain", schema=schemas.DomainSchema())
    many = Shape(kind="domains", schema=one.schema, many=True)
    listing, wish = schemas.DomainListing(), schemas.DomainWish()
    return (
        Url(
            "GET",
            Paths(here("/domains").current + here("/user/domains").current),
            domains.list_domains,
            "List domains",
            many,
            form=listing,
            refusals=(400,),
        ),
        Url(
            "POST",
            here("/domains"),
            domains.create_domain,
            "Create a domain",
            one,
            form=wish,
            status=201,
            refusals=(403, 409, 422),
            recall=domains.show_created,
        ),
        *_one_domain(one),
        *member_urls(
            domain("/members"),
            Paths(("/domain/<domain_id>/member/<member_id>",), ("/domains/<domain_id>/members/<member_id>",)),
            domain("/members/self"),
        ),
    )


def _one_domain(one: Shape) -> tuple[Url, ...]:
    schemas = domain_schemas
    return (
        Url(
            "GET",
            domain(),
            domains.show_domain,
            "Show a domain",
            one,
            form=schemas.DomainShowing(),
            refusals=(404,),
            tagged=True,
        ),
        Url(
            "PUT",
            domain(),
            domains.update_domain,
            "Rename a domain or change its gear sizes",
            one,
            form=schemas.DomainChange(),
            refusals=(403, 404, 422),
            recall=domains.show_updated,
            conditional=True,
        ),
        Url(
            "DELETE",
            domain(),
            domains.delete_domain,
            "Delete a domain",
            NOTHING,
            form=schemas.DomainRemoval(),
            refusals=(403, 404, 422, 500),
            recall=operations.nothing_left,
            conditional=True,
        ),
    )
