import pytest

from routing_spi.conformance_story import a_life, tables_after
from routing_spi.credentials import Credentials
from routing_spi.follower import SourceUnavailable
from routing_spi.http_source import AccessRefused, BadAddress, HttpBroker, PositionExpired


def ask(broker, **options):
    return HttpBroker(broker.url, **{"credentials": Credentials(), "timeout_seconds": 10.0, **options})


def test_a_snapshot_is_read_out_of_its_envelope(broker):
    broker.told = list(a_life(position=0))

    snapshot = ask(broker).snapshot()

    assert snapshot.tables == tables_after(broker.told)
    assert snapshot.position == len(broker.told)
    assert broker.asked == ["/broker/rest/routing/snapshot"]


def test_one_application_s_table_is_asked_for_by_its_id(broker):
    broker.told = list(a_life(position=0))
    application_id = broker.told[0].application_id

    table = ask(broker).table(application_id)

    assert table == tables_after(broker.told)[application_id]
    assert broker.asked == [f"/broker/rest/application/{application_id}/routing_table"]


def test_an_application_the_broker_does_not_have_is_gone(broker):
    assert ask(broker).table("0" * 24) is None


@pytest.mark.parametrize("body", ["<html>not here</html>", {"messages": []}, {"messages": [{"exit_code": 127}]}, "[]"])
def test_a_404_that_is_not_about_the_application_says_nothing_about_it(broker, body):
    broker.answer = lambda _: (404, body)

    with pytest.raises(SourceUnavailable, match="HTTP 404"):
        ask(broker).table("0" * 24)


def test_the_stream_is_read_line_by_line_with_heartbeats(broker):
    events = a_life(position=0)[:2]
    broker.streams = [(200, broker.lines(events[0]) + "\n" + broker.lines(events[1]))]

    lines = list(ask(broker).lines(7))

    assert [line == "" for line in lines] == [False, True, False]
    assert broker.asked == ["/broker/rest/routing/events?after=7&follow=true"]


def test_a_line_that_was_cut_is_not_given(broker):
    events = a_life(position=0)[:2]
    broker.streams = [(200, broker.lines(*events)[:-10])]

    assert len(list(ask(broker).lines(0))) == 1


def test_a_stream_that_falls_silent_is_taken_for_dead(broker):
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        list(ask(broker, timeout_seconds=0.05).lines(0))


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (401, AccessRefused),
        (403, AccessRefused),
        (410, PositionExpired),
        (503, SourceUnavailable),
        (302, SourceUnavailable),
    ],
)
def test_a_status_is_a_refusal_of_its_own(broker, status, refusal):
    broker.streams = [(status, {"messages": []})]

    with pytest.raises(refusal):
        list(ask(broker).lines(0))


def test_credentials_are_shown_and_wrong_ones_refused(broker):
    broker.authorization = Credentials.basic("demo", "secret").authorization

    ask(broker, credentials=Credentials.basic("demo", "secret")).snapshot()

    with pytest.raises(AccessRefused, match="--credentials-file") as refused:
        ask(broker, credentials=Credentials.basic("demo", "wrong")).snapshot()
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("body", ["not json", "[]", {"data": None}, {"data": {"position": 1}}])
def test_an_answer_that_is_no_snapshot_is_not_believed(broker, body):
    broker.answer = lambda _: (200, body)

    with pytest.raises(SourceUnavailable):
        ask(broker).snapshot()


def test_nobody_listening_is_said_with_the_address():
    with pytest.raises(SourceUnavailable, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        HttpBroker("http://127.0.0.1:1", credentials=Credentials()).snapshot()


@pytest.mark.parametrize("url", ["", "localhost", "ftp://h", "http://", "http://h:port", "http://u:p@h", "http://[::1"])
def test_what_is_no_address_of_a_broker_is_refused(url):
    with pytest.raises(BadAddress):
        HttpBroker(url, credentials=Credentials())


def test_the_address_may_end_in_the_path_of_the_interface(broker):
    HttpBroker(f"{broker.url}/broker/rest/", credentials=Credentials()).snapshot()

    assert broker.asked == ["/broker/rest/routing/snapshot"]


def test_a_certificate_is_fetched_by_its_reference_and_its_key_is_not_shown(broker):
    wire = {"alias": "www.example.org", "ssl": "chain", "private_key": "the key"}
    broker.answer = lambda handler: (
        200 if handler.path.endswith("/routing/certificate/key%2F1") else 500,
        {"data": wire},
    )

    fetched = ask(broker).certificate("key/1")

    assert (fetched.alias, fetched.ssl, fetched.private_key) == ("www.example.org", "chain", "the key")
    assert "the key" not in repr(fetched)


def test_a_certificate_that_has_gone_is_none(broker):
    broker.answer = lambda _: (404, {"messages": [{"exit_code": 173}]})

    assert ask(broker).certificate("0" * 24) is None


@pytest.mark.parametrize("body", ["<html>", {"messages": [{"exit_code": 101}]}, {"messages": [{"exit_code": None}]}])
def test_a_404_that_is_not_about_the_certificate_says_nothing_about_it(broker, body):
    broker.answer = lambda _: (404, body)

    with pytest.raises(SourceUnavailable, match="HTTP 404"):
        ask(broker).certificate("0" * 24)


@pytest.mark.parametrize("key", ["", None, 5, ["a secret"]])
def test_a_certificate_without_a_key_is_not_believed_and_not_shown(broker, key):
    broker.answer = lambda _: (200, {"data": {"alias": "a", "ssl": "chain", "private_key": key}})

    with pytest.raises(SourceUnavailable, match="has no private_key") as refused:
        ask(broker).certificate("0" * 24)
    assert "a secret" not in str(refused.value)
