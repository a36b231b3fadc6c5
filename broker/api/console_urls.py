"""The part of the table of the interface that is pages for people: the console, which only shows."""

from broker.api.negotiation import HTML
from broker.api.resources import console
from broker.api.schemas.console import ConsoleListing
from broker.api.url import Shape, Url, here


def console_urls() -> tuple[Url, ...]:
    """Both pages; whoever may read the same through REST may read them."""
    return (
        Url(
            "GET",
            here("/console"),
            console.list_applications,
            "Show the caller's applications as a page for people",
            Shape(kind=None, page="console.html"),
            form=ConsoleListing(),
            media=(HTML,),
        ),
        Url(
            "GET",
            here("/console/application/<application_id>"),
            console.show_one,
            "Show an application as a page for people",
            Shape(kind=None, page="application.html"),
            refusals=(404, 409),
            media=(HTML,),
        ),
    )
