"""Pages for people: the templates, the front page, and a refusal as a page."""

from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from broker.api.negotiation import HTML
from broker.api.options import ApiOptions
from broker.api.paths import PREFIX

HTML_TYPE: Final = f"{HTML}; charset=utf-8"
_OUR_TIME: Final = slice(0, len("2026-01-31T12:00:00"))


@cache
def templates() -> Environment:
    """The templates; everything that is put into one is escaped."""
    folder = Path(__file__).parent / "pages"
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    made.globals["prefix"] = PREFIX
    return made


def rendered(template: str, **values: object) -> str:
    """The template with these values in it."""
    return templates().get_template(template).render(**values)


def page(template: str, *, status: int = HTTPStatus.OK, **values: object) -> Response:
    """The template with these values as an answer."""
    return Response(rendered(template, **values), status=status, content_type=HTML_TYPE)


def front_page(options: ApiOptions) -> Response:
    """What this is, and where to go on."""
    return page("front.html", version=options.version, base=request.host_url.rstrip("/"))


def refusal_page(status: int, texts: Sequence[str], reference: str) -> Response:
    """A refusal, for a person who came with a browser."""
    phrase = HTTPStatus(status).phrase
    return page("refusal.html", status=status, code=status, phrase=phrase, texts=texts, reference=reference)


def _moment(text: str) -> str:
    """A time of ours as people read it: `2026-01-31 12:00:00`; all are UTC."""
    return text[_OUR_TIME].replace("T", " ")
