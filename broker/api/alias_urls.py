"""The part of the table of the interface that is about the aliases of applications, and their certificates."""

from broker.api.resources import aliases, operations
from broker.api.schemas import aliases as schemas
from broker.api.url import NOTHING, Shape, Url, application


def alias_urls() -> tuple[Url, ...]:
    """All of them; each is below an application."""
    one = Shape(kind="alias", schema=schemas.AliasSchema())
    many = Shape(kind="aliases", schema=one.schema, many=True)
    collection, member = application("/aliases"), application("/alias/<alias>", "/aliases/<alias>")
    return (
        Url("GET", collection, aliases.list_aliases, "List aliases", many, refusals=(404, 409)),
        Url(
            "POST",
            collection,
            aliases.create_alias,
            "Add an alias",
            one,
            form=schemas.AliasWish(),
            status=201,
            refusals=(403, 404, 409, 422, 500),
            recall=aliases.show_created,
            becomes_operation=True,
            conditional=True,
        ),
        Url("GET", member, aliases.show_one_alias, "Show an alias", one, refusals=(404, 409), tagged=True),
        Url(
            "PUT",
            member,
            aliases.update_certificate,
            "Give an alias a certificate, or take it away",
            one,
            form=schemas.CertificateForm(),
            refusals=(403, 404, 409, 422, 500),
            recall=aliases.show_updated,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "DELETE",
            member,
            aliases.delete_alias,
            "Remove an alias",
            NOTHING,
            refusals=(403, 404, 409, 500),
            recall=operations.nothing_left,
            becomes_operation=True,
            conditional=True,
        ),
    )
