"""The OpenAPI document against live traffic: requests made from it, right and wrong ones, are answered as it says."""

import base64
import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from api.conftest import Answered, World, opened_world
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from broker.api.openapi import Description
from broker.api.options import ApiOptions
from broker.api.paths import PREFIX
from broker.api.streams import SERVER_SENT
from broker.api.url import Url
from broker.api.urls import urls
from broker.usecases.accounts import change_user

EXAMPLES = 8
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# One test for each resource and method: the other spellings of its path lead to the same. A stream has no end.
RESOURCES = [url for url in Description(urls(), ApiOptions()).urls if SERVER_SENT not in url.media]
LOGIN = {"Authorization": f"Basic {base64.b64encode(b'demo:password').decode()}"}
# What existing clients know; a fault of the broker's has another exit code.
KNOWN_500 = {140, 143, 171}
QUIET = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture(scope="module")
def traffic_world(tmp_path_factory, empty_database) -> Iterator[World]:
    """One platform for all resources: what one request deletes is made anew for the next."""
    with opened_world(tmp_path_factory.mktemp("traffic"), empty_database, nodes_per_zone=4) as world:
        change_user(world.embedded.platform, "demo", max_namespaces=-1, max_gears=-1, max_teams=-1)
        yield world


@pytest.fixture(scope="module")
def schema(traffic_world) -> Any:
    document = traffic_world.nobody.send("GET", f"{PREFIX}/openapi.json").get_json()
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["security"] = []  # who asks is not what is varied here
    return schemathesis.openapi.from_dict(document)


def requests() -> Iterator[Any]:
    """Every resource asked as the document says, and otherwise where it has parameters that can be wrong."""
    for url in RESOURCES:
        name = f"{url.method} {url.paths.current[0]}"
        yield pytest.param(url, GenerationMode.POSITIVE, id=f"{name} as said")
        if url.form is not None or url.changes:
            yield pytest.param(url, GenerationMode.NEGATIVE, id=f"{name} otherwise")


@pytest.mark.parametrize(("url", "mode"), list(requests()))
def test_a_resource_answers_as_the_document_says(traffic_world, schema, url: Url, mode: GenerationMode):
    path = url.paths.current[0].replace("<", "{").replace(">", "}")
    operation = schema[path][url.method]
    there = kept_things(traffic_world) if url.method == "GET" else things(traffic_world)

    @QUIET
    @given(case=operation.as_strategy(generation_mode=mode), meant=st.booleans())
    def ask(case, meant):
        for name in (case.path_parameters or {}) if meant else ():
            case.path_parameters[name] = there.get(name, case.path_parameters[name])
        response = case.call(app=traffic_world.wsgi_app, base_url=f"http://localhost{PREFIX}", headers=LOGIN)
        case.validate_response(response, checks=CHECKS)
        if response.status_code == 500:
            assert response.json()["messages"][0]["exit_code"] in KNOWN_500, response.text

    with suppress(Unsatisfiable):  # where nothing can be wrong with a request, none is asked
        ask()


NUMBERS = itertools.count()
KEPT: dict[int, dict[str, str]] = {}


def kept_things(world: World) -> dict[str, str]:
    """The same things for all who only look at them."""
    if id(world) not in KEPT:
        KEPT[id(world)] = things(world)
    return KEPT[id(world)]


def things(world: World) -> dict[str, str]:
    """Something new to be asked for by each name that paths have."""
    demo, domain = world.demo, f"test{next(NUMBERS)}"
    made(demo("POST", f"{PREFIX}/domains", f"name={domain}"))
    application = made(
        demo("POST", f"{PREFIX}/domain/{domain}/applications", "name=testha&cartridges[]=php-5.4&scale=true")
    )
    path = f"{PREFIX}/application/{application['id']}"
    groups = demo("GET", f"{path}/gear_groups").data
    alias = made(demo("POST", f"{path}/aliases", f"id=www.{domain}.org"))
    made(demo("POST", f"{path}/environment-variables", "name=STAGE&value=test"))
    (deployment,) = demo("GET", f"{path}/deployments").data
    return {
        "domain_id": domain,
        "application_id": application["id"],
        "application_name": "testha",
        "cartridge_name": "php-5.4",
        "cartridge": "php-5.4",
        "feature": "php",
        "group_id": groups[0]["id"],
        "gear_id": groups[0]["gears"][-1]["id"],
        "alias": alias["id"],
        "deployment_id": deployment["id"],
        "name": "STAGE",
    }


def made(answered: Answered) -> dict[str, str]:
    """What was made."""
    assert answered.status == 201, answered.texts
    return answered.data
