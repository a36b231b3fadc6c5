"""Changes of links: those that were not there yet, had another method, other parameters or another address."""

import re
from collections.abc import Callable
from typing import Any

from broker.api.paths import PREFIX
from broker.api.versions.step import Change, Data, Made

LINKS = "links"
Link = dict[str, Any]
_BY_ID = re.compile(rf"(?P<base>.*?{PREFIX})/application/(?P<id>[0-9a-f]{{24}})(?P<rest>[/?].*)?", re.DOTALL)
_PLURALS = {
    "alias": "aliases",
    "application": "applications",
    "authorization": "authorizations",
    "cartridge": "cartridges",
    "deployment": "deployments",
    "domain": "domains",
    "environment-variable": "environment-variables",
    "gear_group": "gear_groups",
    "key": "keys",
    "member": "members",
}


def in_links(change: Change) -> Change:
    """The change of the links of what is shown; nothing where the client wants none."""

    def apply(data: Data, made: Made) -> Data:
        return {**data, LINKS: change(data[LINKS], made)} if data.get(LINKS) else data

    return apply


def each_href(change: Callable[[str, Made], str]) -> Change:
    """The change of every address."""

    def apply(links: Data, made: Made) -> Data:
        return {name: {**link, "href": change(link["href"], made)} for name, link in links.items()}

    return in_links(apply)


def method(name: str, verb: str) -> Change:
    """The change of the method of a link, if it is there."""
    return _one(name, lambda link: {**link, "method": verb})


def parameter_name(link_name: str, old: str, new: str) -> Change:
    """The change of the name of a required parameter."""

    def rename(link: Link) -> Link:
        required = [{**each, "name": new} if each["name"] == old else each for each in link["required_params"]]
        return {**link, "required_params": required}

    return _one(link_name, rename)


def without_optional(link_name: str, *names: str) -> Change:
    """The change that takes optional parameters away."""

    def take(link: Link) -> Link:
        return {**link, "optional_params": [each for each in link["optional_params"] if each["name"] not in names]}

    return _one(link_name, take)


def _one(name: str, change: Callable[[Link], Link]) -> Change:
    def apply(links: Data, _: Made) -> Data:
        return {each: change(link) if each == name else link for each, link in links.items()}

    return apply


def by_names(href: str, made: Made) -> str:
    """The address of an application, or of what is below it, by domain and name; by id if it is not known any more."""
    found = _BY_ID.fullmatch(href)
    named = None if found is None else made.names.of(found["id"])
    if found is None or named is None:
        return href
    domain, name = named
    return f"{found['base']}/domain/{domain}/application/{name}{found['rest'] or ''}"


def plural(href: str, _: Made) -> str:
    """The address with the plural of each noun that has an id or name behind it: `domains/x/applications/y`.

    Teams never had plural addresses, nor what is below them.
    """
    base, prefix, path = href.partition(f"{PREFIX}/")
    path, mark, query = path.partition("?")
    parts = path.split("/")
    if parts[0] == "team":
        return href
    first = 1 if parts[0] == "user" else 0
    for place in range(first, len(parts) - 1, 2):
        parts[place] = _PLURALS.get(parts[place], parts[place])
    return f"{base}{prefix}{'/'.join(parts)}{mark}{query}"
