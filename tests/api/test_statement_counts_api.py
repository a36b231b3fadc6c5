"""How many SQL statements a request takes: a number of its own, whatever the number of gears and nodes."""

import threading
from contextlib import contextmanager

import pytest
from made_certificates import made_certificate
from sqlalchemy import event

from broker.usecases.accounts import change_user

APPLICATION = "/broker/rest/application/testha"


@contextmanager
def counted(world):
    """The statements of this thread; the relay's are its own."""
    engine, me, seen = world.embedded.built.database.engine, threading.get_ident(), []

    def note(_connection, _cursor, statement, *_):
        if threading.get_ident() == me:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def statements(world, method, path, form=None):
    with counted(world) as seen:
        answer = world.demo(method, path, form)
    assert answer.status < 300, answer.texts
    return seen


REQUESTS = [
    ("GET", APPLICATION, None),
    ("GET", f"{APPLICATION}?include=cartridges", None),
    ("GET", "/broker/rest/applications", None),
    ("GET", "/broker/rest/domains?include=application_info", None),
    ("GET", f"{APPLICATION}/gear_groups?include=endpoints", None),
    ("GET", f"{APPLICATION}/cartridges", None),
    ("GET", f"{APPLICATION}/cartridge/php-5.4", None),
    ("GET", f"{APPLICATION}/ha", None),
    ("GET", f"{APPLICATION}/routing_table", None),
    ("GET", "/broker/rest/routing/snapshot", None),
    ("GET", f"{APPLICATION}/environment-variables", None),
    ("GET", f"{APPLICATION}/deployments", None),
    ("GET", f"{APPLICATION}/descriptor", None),
    ("GET", f"{APPLICATION}/dns_resolvable", None),
    ("PUT", APPLICATION, "keep_deployments=2"),
    ("PUT", APPLICATION, "keep_deployments=1"),
    ("PUT", f"{APPLICATION}/alias/www.example.org", "pass_phrase="),
    ("POST", f"{APPLICATION}/deployments", "ref=next"),
    ("POST", f"{APPLICATION}/events", "event=scale-up"),
    ("POST", f"{APPLICATION}/events", "event=scale-down"),
    ("POST", f"{APPLICATION}/events", "event=restart"),
    ("POST", f"{APPLICATION}/events", "event=make-ha"),
    ("POST", f"{APPLICATION}/events", "event=disable-ha"),
    ("POST", "/broker/rest/domain/test/applications", "name=second&cartridge=php-5.4&scale=true"),
    ("DELETE", APPLICATION, None),
]


def measured(make_world, *, gears, nodes_per_zone):
    # Without rotation: three gears rotate in when HA is enabled, three hundred do not, and that is a change more.
    settings = {"default_max_gears": -1, "haproxy_gear_ratio": -1}
    world = make_world(nodes_per_zone=nodes_per_zone, capacity=300, **settings)
    world.demo("POST", "/broker/rest/domain/test/applications", "name=testha&cartridge=php-5.4&scale=true")
    world.demo("POST", f"{APPLICATION}/events", f"event=scale-up&to={gears}")
    change_user(world.embedded.platform, "demo", may_use_private_ssl=True)
    certified = world.demo("POST", f"{APPLICATION}/aliases", json_body=made_certificate().form(id="www.example.org"))
    assert certified.status == 201, certified.texts
    return {(method, path, form): statements(world, method, path, form) for method, path, form in REQUESTS}


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ({"gears": 3, "nodes_per_zone": 2}, {"gears": 300, "nodes_per_zone": 2}),
        ({"gears": 3, "nodes_per_zone": 2}, {"gears": 3, "nodes_per_zone": 200}),
    ],
    ids=["3 and 300 gears", "6 and 600 nodes"],
)
def test_a_request_takes_as_many_statements_however_large_the_application_or_the_fleet(make_world, small, large):
    few, many = measured(make_world, **small), measured(make_world, **large)

    for request, seen in few.items():
        assert len(many[request]) == len(seen), (request, many[request])


def test_reading_takes_few_statements(make_world):
    taken = measured(make_world, gears=3, nodes_per_zone=2)

    for request, seen in taken.items():
        if request[0] == "GET":
            assert len(seen) <= 12, (request, seen)
