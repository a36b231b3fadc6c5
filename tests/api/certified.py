"""An application with a certificate, and who may see what of it: shared by the tests of both sides."""

from api.conftest import Client, World
from api.sharing import account
from made_certificates import made_certificate

from broker.usecases.accounts import change_user
from routing_spi.codec import decode_json

PREFIX = "/broker/rest"
APPLICATION = f"{PREFIX}/application/testha"
ALIASES = f"{APPLICATION}/aliases"
ALIAS = f"{APPLICATION}/alias/www.example.org"
NAME = "www.example.org"


def allow(world):
    """Let `demo` give aliases certificates."""
    change_user(world.embedded.platform, "demo", may_use_private_ssl=True)


def secure(client):
    """Give the client's application an alias that has a certificate."""
    added = client("POST", ALIASES, json_body={"id": NAME, **made_certificate().form()})
    assert added.status == 201, added.texts


def member(world: World, role: str) -> Client:
    """Another account in that role in the domain."""
    client = account(world, role)
    given = world.demo("POST", f"{PREFIX}/domain/test/members", f"login={role}&role={role}")
    assert given.status == 200, given.texts
    return client


def router(world):
    """A router's login."""
    change_user(world.embedded.platform, "other", may_follow_all_routing=True)
    return world.other


def events(world, after=0):
    """What routers have been told, once all of it has a position."""
    platform = world.embedded.platform
    with platform.reading() as work:
        sequence = sum(parts.application.sequence for parts in work.applications.all())
    assert platform.signal.wait_numbered(max(sequence, after) - 1, 10)
    lines = world.demo.send("GET", f"{PREFIX}/routing/events?after={after}").data.splitlines()
    return [decode_json(line) for line in lines if line]


def table(client):
    shown = dict(client("GET", f"{APPLICATION}/routing_table").data)
    del shown["position"]
    return shown


def reference(client):
    (certificate,) = table(client)["certificates"]
    return certificate["private_key_reference"]


def refusal(answer):
    return answer.status, answer.first["exit_code"], answer.first["field"], answer.texts
