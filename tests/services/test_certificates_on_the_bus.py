"""Certificates on the bus: a reference in one dialect, and in the other the private key only where that is wanted."""

import kombu
import pytest
from kombu.entity import Queue
from made_certificates import made_certificate
from services.relaying import an_event, write
from services.test_router_on_the_bus import Served, published, until

from broker.store.tables.columns import metadata
from broker.usecases import accounts, aliases
from broker.usecases.alias_certificates import CertificateWish
from routing_spi.codec import decode_json, decode_ose2_yaml
from routing_spi.conformance_story import tables_after
from routing_spi.credentials import Credentials
from routing_spi.http_source import HttpBroker

pytestmark = pytest.mark.services("rabbitmq")

NAME = "www.example.org"


class Heard:
    """A broker with an application, and what the bus says of it from now on in both dialects."""

    def __init__(self, served, channel):
        self.served = served
        self._queues = [Queue(exclusive=True, auto_delete=True)(channel) for _ in range(2)]
        for queue in self._queues:
            queue.declare()
        channel.queue_bind(self._queues[0].name, served.name, "#")
        channel.queue_bind(self._queues[1].name, "amq.topic", f"{served.name}-routinginfo")

    def messages(self):
        """The bodies in the `json` dialect, and those in the other."""
        assert until(lambda: published(self.served))
        return [list(bodies(queue)) for queue in self._queues]


def bodies(queue):
    """What waits in a queue."""
    while (message := queue.get(no_ack=True)) is not None:
        yield message.body


@pytest.fixture
def make_heard(tmp_path, rabbitmq_url, unique_name):
    """Make a broker with these settings that has `testha`, whose owner may have certificates."""
    made = []
    with kombu.Connection(rabbitmq_url) as connection:

        def make(**settings):
            served = Served(tmp_path, rabbitmq_url, unique_name, **settings)
            made.append(served)
            served.owner = accounts.change_user(served.platform, "demo", may_use_private_ssl=True)
            served.create()
            assert until(lambda: published(served))
            return Heard(served, connection.default_channel)

        yield make
        for served in made:
            served.close()
        connection.default_channel.exchange_delete(unique_name)


def wish(made):
    return CertificateWish(certificate=made.chain, private_key=made.private_key)


def secure(served, made):
    aliases.add_alias(served.platform, served.owner, "testha", NAME, certificate=wish(made))


def text_of(told):
    return "".join(body if isinstance(body, str) else body.decode() for body in told)


def test_private_keys_are_not_on_the_bus_and_a_router_fetches_them(make_heard):
    heard, made = make_heard(), made_certificate()
    secure(heard.served, made)
    ours, theirs = heard.messages()

    added = [decode_json(each) for each in ours][-1]
    assert (added.action, added.data["ssl"]) == ("add_ssl", made.chain)
    assert dict(decode_ose2_yaml(theirs[-1]).data) == {
        "alias": NAME, "ssl": made.chain, "private_key": "", "pass_phrase": "",
    }  # fmt: skip
    assert "PRIVATE KEY" not in text_of([*ours, *theirs])
    source = HttpBroker(heard.served.server.url, credentials=Credentials.basic("router", "password"))
    fetched = source.certificate(added.data["private_key_reference"])
    assert (fetched.alias, fetched.ssl, fetched.private_key) == (NAME, made.chain, made.private_key)
    assert source.certificate("0" * 24) is None


def test_a_router_that_follows_the_bus_has_the_broker_s_table_at_each_step(make_heard):
    heard = make_heard()
    served = heard.served
    source = HttpBroker(served.server.url, credentials=Credentials.basic("router", "password"))
    (known,) = source.snapshot().tables.values()
    secure(served, made_certificate())
    aliases.update_alias(served.platform, served.owner, "testha", NAME, certificate=wish(made_certificate("second")))
    held = source.table(known.application_id)
    aliases.update_alias(served.platform, served.owner, "testha", NAME, certificate=None)

    events = [decode_json(each) for each in heard.messages()[0]]
    log = [decode_json(line) for line in source.lines(0, follow=False) if line]

    assert [each.action.value for each in events] == ["add_alias", "add_ssl", "add_ssl", "remove_ssl"]
    assert log[-4:] == events
    assert tables_after(log[:-1])[known.application_id] == held
    assert tables_after(log)[known.application_id] == source.table(known.application_id)
    assert len(held.certificates) == 1


def test_old_listeners_are_sent_private_keys_where_the_operator_wants_that(make_heard):
    heard, made = make_heard(SPI_SEND_PRIVATE_KEYS="true"), made_certificate()
    secure(heard.served, made)
    ours, theirs = heard.messages()

    assert dict(decode_ose2_yaml(theirs[-1]).data) == {
        "alias": NAME, "ssl": made.chain, "private_key": made.private_key, "pass_phrase": "",
    }  # fmt: skip
    assert "PRIVATE KEY" not in text_of(ours)
    source = HttpBroker(heard.served.server.url, credentials=Credentials.basic("router", "password"))
    assert "PRIVATE KEY" not in "".join(source.lines(0, follow=False))


def told(sequence, reference, name=NAME):
    """An event of another application, as if its certificate had been that of the reference."""
    return an_event(1, sequence, "add_ssl", alias=name, ssl="chain", private_key_reference=reference)


def test_a_key_that_has_gone_is_told_empty_and_one_that_cannot_be_opened_holds_nothing_up(make_heard):
    heard = make_heard(SPI_SEND_PRIVATE_KEYS="true")
    served = heard.served
    secure(served, made_certificate())
    with served.platform.reading() as work:
        ((certificate,),) = work.certificates.routed(
            [parts.application.application_id for parts in work.applications.all()]
        ).values()
    heard.messages()
    with served.embedded.built.database.engine.begin() as connection:
        sealed_elsewhere = f"v1.{'0' * 16}.AAAA"
        connection.execute(metadata.tables["aliases"].update().values(private_key=sealed_elsewhere))

    write(
        served.embedded.built,
        [
            told(1, certificate.private_key_reference),
            told(2, "0" * 24),
            an_event(1, 3, "remove_alias", alias=NAME),
        ],
    )
    ours, theirs = heard.messages()

    assert [decode_json(each).sequence for each in ours] == [1, 2, 3]
    assert [decode_ose2_yaml(each).action.value for each in theirs] == ["add_ssl", "remove_alias"]
    assert decode_ose2_yaml(theirs[0]).data["private_key"] == ""
    with served.platform.reading() as work:
        (parked,) = work.log.parked(10)
    assert (parked.destination, parked.sequence) == ("bus/ose2-yaml", 1)
    assert "This was sealed with the key 0000000000000000" in parked.reason
