"""Something real for each name that paths have, with no more made than the path needs."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from api.conftest import QUICK_HASH, Answered, Client, World
from made_certificates import made_certificate

from broker.api.paths import PREFIX
from broker.usecases.accounts import change_user, create_user

PUBLIC = {"feature": "php", "cartridge": "php-5.4", "quickstart": "1", "region": "example"}
_CAPTURE = re.compile(r"<(\w+)>")


@dataclass
class Everything:
    """Makes new things of the account `demo`, and one of each that is another account's."""

    world: World
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        platform = self.world.embedded.platform
        change_user(platform, "demo", max_namespaces=-1, max_gears=2000, max_teams=-1, may_use_private_ssl=True)
        change_user(platform, "other", max_namespaces=-1, max_gears=2000, max_teams=-1, may_use_private_ssl=True)
        create_user(platform, "someone")
        change_user(platform, "someone", password_hash=QUICK_HASH)

    def things(self, path: str, client: Client | None = None) -> dict[str, str]:
        """By name what can stand for each capture of this path."""
        names, asking = set(_CAPTURE.findall(path)), client or self.world.demo
        return {**PUBLIC, **self._made(asking, names, path)}

    def _made(self, asking: Client, names: set[str], path: str) -> dict[str, str]:
        made: dict[str, str] = {}
        number = next(self.numbers)
        if "key_name" in names:
            made["key_name"] = f"key{number}"
            wish = {"name": made["key_name"], "type": "ssh-rsa", "content": f"AAAA{number:08}"}
            _created(asking("POST", f"{PREFIX}/user/keys", json_body=wish))
        if "authorization" in names:
            made["authorization"] = _created(asking("POST", f"{PREFIX}/user/authorizations", "scope=userinfo"))["id"]
        if "team_id" in names:
            made |= self._team(asking, number)
        if names & {"domain_id", "application_id", "application_name", "operation_id", "reference"}:
            made |= self._domain(asking, number, with_member="/member" in path)
        if names & {"application_id", "application_name", "operation_id", "reference"}:
            made |= _application(asking, made["domain_id"], names, number)
        return made

    def _team(self, asking: Client, number: int) -> dict[str, str]:
        team = _created(asking("POST", f"{PREFIX}/teams", f"name=team {number}"))["id"]
        member = asking("POST", f"{PREFIX}/team/{team}/members", "login=someone&role=view")
        return {"team_id": team, "member_id": member.data["id"]}

    def _domain(self, asking: Client, number: int, *, with_member: bool) -> dict[str, str]:
        domain = f"domain{number}"
        _created(asking("POST", f"{PREFIX}/domains", f"name={domain}"))
        if not with_member:
            return {"domain_id": domain}
        member = asking("POST", f"{PREFIX}/domain/{domain}/members", "login=someone&role=view")
        return {"domain_id": domain, "member_id": member.data["id"]}


def _application(asking: Client, domain: str, names: set[str], number: int) -> dict[str, str]:
    wish = "name=web&cartridges[]=php-5.4&cartridges[]=cron-1.4&scale=true"
    made = {"application_name": "web"}
    made["application_id"] = _created(asking("POST", f"{PREFIX}/domain/{domain}/applications", wish))["id"]
    path = f"{PREFIX}/application/{made['application_id']}"
    made["cartridge_name"] = "cron-1.4"
    if names & {"alias", "reference"}:
        made["alias"] = f"www{number}.example.org"
        _created(asking("POST", f"{path}/aliases", json_body=made_certificate().form(id=made["alias"])))
    if "reference" in names:
        table = asking("GET", f"{path}/routing_table").data
        made["reference"] = table["certificates"][0]["private_key_reference"]
    if "name" in names:
        made["name"] = "STAGE"
        _created(asking("POST", f"{path}/environment-variables", "name=STAGE&value=test"))
    if names & {"group_id", "gear_id"}:
        group = asking("GET", f"{path}/gear_groups").data[0]
        made |= {"group_id": group["id"], "gear_id": group["gears"][0]["id"]}
    if "deployment_id" in names:
        made["deployment_id"] = asking("GET", f"{path}/deployments").data[0]["id"]
    if "operation_id" in names:
        made["operation_id"] = asking("GET", f"{path}/operations").data[0]["id"]
    return made


def _created(answered: Answered) -> dict[str, Any]:
    assert answered.status == 201, answered.texts
    return answered.data


def filled(path: str, things: dict[str, str]) -> str:
    """The path with something in the place of each capture."""
    return _CAPTURE.sub(lambda capture: things[capture[1]], path)


def captures(path: str) -> list[str]:
    """The names in it."""
    return _CAPTURE.findall(path)
