"""A real BIND is told of names by signed updates, in order, and asked whether it has them."""

import re
from pathlib import Path

import dns.query
import dns.rcode
import pytest
from bind_server import HOST, KEY, KEY_NAME, OTHER_KEY, ZONE, Bind
from dns.message import Message

from broker.dns.signing import SignedExchange
from broker.dns.updates import Rfc2136Server
from broker.interfaces import FenceMoved, RemoteDnsUnavailable

pytestmark = pytest.mark.services("bind")

SHOP = f"shop-test.{ZONE}"
NODE = f"node-a1.{ZONE}"
OTHER_NODE = f"node-b1.{ZONE}"
SOON = 0.3
DOCUMENT = Path(__file__).parents[2] / "docs" / "dns.md"


def server_of(bind: Bind, *, key: str = KEY, timeout_seconds: float = 5.0) -> Rfc2136Server:
    return Rfc2136Server(bind.exchange(key=key, timeout_seconds=timeout_seconds), ZONE, ZONE)


@pytest.fixture
def server(bind: Bind) -> Rfc2136Server:
    return server_of(bind)


def test_a_name_is_created_replaced_and_deleted(bind, server):
    created = server.tell({SHOP: ("CNAME", NODE), NODE: ("A", "127.0.1.1")}, None)
    seen = bind.names()
    replaced = server.tell({SHOP: ("CNAME", OTHER_NODE)}, created.fence)
    then = bind.names()
    deleted = server.tell({SHOP: None}, replaced.fence)

    assert seen == {SHOP: ("CNAME", NODE), NODE: ("A", "127.0.1.1")}
    assert then == {SHOP: ("CNAME", OTHER_NODE), NODE: ("A", "127.0.1.1")}
    assert bind.names() == {NODE: ("A", "127.0.1.1")}
    assert not created.refused | replaced.refused | deleted.refused


def test_a_name_is_looked_up_on_the_server_itself(bind, server):
    server.tell({SHOP: ("CNAME", NODE), NODE: ("A", "127.0.1.1")}, None)
    bind.administer(lambda message: message.add("mail", 60, "TXT", "somebody else's"))

    assert server.lookup(SHOP) == [("CNAME", f"{NODE}.")]
    assert server.lookup(NODE) == [("A", "127.0.1.1")]
    assert server.lookup(OTHER_NODE) == server.lookup(f"mail.{ZONE}") == []


def test_a_server_that_is_away_cannot_be_asked_for_a_name(bind, server):
    bind.stop()

    with pytest.raises(RemoteDnsUnavailable):
        server.lookup(SHOP)


@pytest.mark.parametrize("algorithm", ["hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"])
def test_every_algorithm_signs(tmp_path, algorithm):
    bind = Bind(tmp_path, algorithm=algorithm)
    bind.start()
    try:
        server_of(bind).tell({SHOP: ("CNAME", NODE)}, None)

        assert bind.names() == {SHOP: ("CNAME", NODE)}
    finally:
        bind.stop()


def test_an_address_becomes_a_name_and_back(bind, server):
    fence = server.tell({SHOP: ("A", "127.0.1.1")}, None).fence
    fence = server.tell({SHOP: ("CNAME", NODE)}, fence).fence
    named = bind.names()
    server.tell({SHOP: ("A", "2001:db8::1")}, fence)

    assert named == {SHOP: ("CNAME", NODE)}
    assert bind.names() == {SHOP: ("AAAA", "2001:db8::1")}


def test_to_say_it_again_changes_nothing(bind, server):
    fence = server.tell({SHOP: ("CNAME", NODE)}, None).fence

    again = server.tell({SHOP: ("CNAME", NODE), OTHER_NODE: None}, fence)

    assert not again.refused
    assert bind.names() == {SHOP: ("CNAME", NODE)}


def test_the_longest_names_fit_into_a_message(bind, server):
    long = ".".join(["n" * 56] * 3)
    names = {f"{number:063d}.{ZONE}": ("CNAME", f"{number:063d}.{long}.example.org") for number in range(100)}

    told = server.tell(names, None)

    assert not told.refused
    assert bind.names() == names


def test_one_bad_name_holds_no_other_up(bind, server):
    bind.restart(updates=f"update-policy {{ deny {KEY_NAME} name bad.{ZONE}; grant {KEY_NAME} zonesub ANY; }}")
    names = {f"app{number}-test.{ZONE}": ("CNAME", NODE) for number in range(30)}

    told = server.tell({**names, f"bad.{ZONE}": ("CNAME", NODE), "elsewhere.example.org": None}, None)

    assert set(told.refused) == {f"bad.{ZONE}", "elsewhere.example.org"}
    assert "REFUSED" in told.refused[f"bad.{ZONE}"]
    assert bind.names() == names


def test_the_rights_that_the_documents_name_are_enough(bind, server):
    (policy,) = re.findall(r"`(update-policy \{.*?\}); *`", DOCUMENT.read_text(encoding="utf-8"))
    bind.restart(updates=policy)

    told = server.tell({SHOP: ("CNAME", NODE), NODE: ("A", "127.0.1.1"), OTHER_NODE: ("A", "2001:db8::1")}, None)

    assert not told.refused
    assert len(bind.names()) == 3


def test_what_the_server_takes_and_drops_is_seen(bind, server):
    bind.administer(lambda message: message.add("mail", 60, "TXT", "somebody else's"))

    told = server.tell({f"mail.{ZONE}": ("CNAME", NODE), SHOP: ("CNAME", NODE)}, None)

    assert list(told.refused) == [f"mail.{ZONE}"]
    assert "TXT" in told.refused[f"mail.{ZONE}"]
    assert bind.names()[SHOP] == ("CNAME", NODE)


def test_other_records_of_a_host_stay(bind, server):
    fence = server.tell({NODE: ("A", "127.0.1.1")}, None).fence
    bind.administer(lambda message: message.add("node-a1", 60, "TXT", "else"))

    told = server.tell({NODE: None}, fence)

    assert not told.refused
    assert bind.names() == {NODE: ("TXT", '"else"')}


def test_a_wildcard_is_not_taken_for_a_name(bind, server):
    bind.administer(lambda message: message.add("*", 60, "CNAME", f"ns.{ZONE}."))
    fence = server.tell({SHOP: ("CNAME", NODE)}, server.fence()).fence

    told = server.tell({SHOP: None}, fence)

    assert not told.refused
    assert SHOP not in bind.names()


def test_the_fence_is_what_was_written_last(server):
    first = server.fence()
    told = server.tell({}, first)

    assert first is None
    assert server.fence() == told.fence


def test_who_has_read_before_another_wrote_may_not_write(bind, server):
    fence = server.fence()
    server_of(bind).tell({SHOP: ("CNAME", OTHER_NODE)}, fence)

    with pytest.raises(FenceMoved):
        server.tell({SHOP: ("CNAME", NODE)}, fence)

    assert bind.names() == {SHOP: ("CNAME", OTHER_NODE)}


class Detour(SignedExchange):
    """Keeps the messages instead of sending them, as a network may."""

    def __init__(self, bind: Bind) -> None:
        super().__init__(host=HOST, port=bind.port, key_name=KEY_NAME, key_value=KEY, algorithm=bind.algorithm)
        self.kept: list[Message] = []

    def answer(self, message: Message) -> Message:
        message.use_tsig(self._key)
        self.kept.append(message)
        raise RemoteDnsUnavailable("there was no answer")


def test_an_update_that_arrives_late_changes_nothing(bind, server):
    fence = server.tell({SHOP: ("CNAME", NODE)}, None).fence
    detour = Detour(bind)
    with pytest.raises(RemoteDnsUnavailable):
        Rfc2136Server(detour, ZONE, ZONE).tell({SHOP: ("CNAME", "late.example.com")}, fence)
    server.tell({SHOP: ("CNAME", OTHER_NODE)}, server.fence())

    (late,) = detour.kept
    answer = dns.query.tcp(late, HOST, port=bind.port, timeout=5.0)

    assert answer.rcode() == dns.rcode.NXRRSET
    assert bind.names() == {SHOP: ("CNAME", OTHER_NODE)}


def test_a_server_that_hangs_is_not_waited_for(bind, server):
    bind.freeze()

    with pytest.raises(RemoteDnsUnavailable, match=r"did not answer within 0\.3 seconds"):
        server_of(bind, timeout_seconds=SOON).tell({SHOP: ("CNAME", NODE)}, None)


@pytest.mark.parametrize(
    ("key", "updates", "said"),
    [
        (OTHER_KEY, f"allow-update {{ key {KEY_NAME}; }}", "has another value for the key gearbroker"),
        (KEY, "allow-update { none; }", "refuses us the zone example.com"),
        (KEY, f"update-policy {{ grant {KEY_NAME} zonesub CNAME; }}", "refuses us the zone example.com"),
    ],
)
def test_a_server_that_takes_nothing_of_us_says_why_once(bind, server, key, updates, said):
    bind.restart(key=key, updates=updates)

    with pytest.raises(RemoteDnsUnavailable, match=said) as caught:
        server.tell({SHOP: ("CNAME", NODE), NODE: ("A", "127.0.1.1")}, None)

    assert KEY not in str(caught.value)
    assert bind.names() == {}


def test_a_key_that_the_server_does_not_know_is_named(bind):
    exchange = bind.exchange()
    stranger = type(exchange)(
        host="127.0.0.1", port=bind.port, key_name="stranger", key_value=KEY, algorithm="hmac-sha256"
    )

    with pytest.raises(RemoteDnsUnavailable, match=r"knows no key stranger of this algorithm \(BADKEY\)"):
        Rfc2136Server(stranger, ZONE, ZONE).fence()


def test_a_server_that_is_away_is_unavailable(bind, server):
    bind.stop()

    with pytest.raises(RemoteDnsUnavailable, match="cannot be reached: Connection refused"):
        server.tell({SHOP: ("CNAME", NODE)}, None)


def test_its_state_is_asked_for_without_changing_anything(bind, server):
    serving = server.state()
    after = server.state()
    bind.restart(key=OTHER_KEY)
    unknown = server.state()
    bind.stop()
    away = server.state()

    assert serving.reachable
    assert serving.accepted
    assert serving.error is None
    assert serving.soa == after.soa
    assert str(serving.soa).startswith(f"ns.{ZONE}. hostmaster.{ZONE}. 1 ")
    assert (unknown.reachable, unknown.accepted) == (True, False)
    assert (away.reachable, away.accepted, away.soa) == (False, False, None)


def test_a_zone_the_server_does_not_have_is_refused(bind):
    state = Rfc2136Server(bind.exchange(), "example.org", "example.org").state()

    assert state.reachable
    assert not state.accepted
    assert "example.org" in str(state.error)
