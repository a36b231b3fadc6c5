"""Who has what they ask for, and says so by If-None-Match, is not sent it again."""

from dataclasses import replace

import pytest
from api.everything import Everything, filled

from broker.api.paths import PREFIX
from broker.api.urls import urls

APPLICATION = "/broker/rest/application/testha"
OTHER = '"0123456789abcdef-0123456789ab"'
READ = [url for url in urls() if url.method == "GET" and url.login and "stream" not in url.resource.__name__]


def conditional(client, given, path=APPLICATION, method="GET"):
    return replace(client, headers={"If-None-Match": given}).send(method, path)


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", "*", " * ", "{other}, {tag}", '{other},W/"x" , W/{tag}'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_client_has_is_not_sent_again(testha, method, form):
    tag = testha("GET", APPLICATION).headers["ETag"]

    answer = conditional(testha, form.format(tag=tag, other=OTHER), method=method)

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize("form", ["{other}", "{bare}", "W/{other}, {other}", '"*"', "", '"{bare}x"'])
def test_what_the_client_has_not_is_sent(testha, form):
    tag = testha("GET", APPLICATION).headers["ETag"]

    answer = conditional(testha, form.format(bare=tag.strip('"'), other=OTHER))

    assert (answer.status_code, answer.headers["ETag"]) == (200, tag)


def test_what_has_changed_or_is_shown_otherwise_is_sent(testha):
    tag = testha("GET", APPLICATION).headers["ETag"]

    assert conditional(testha, tag, f"{APPLICATION}?nolinks=true").status_code == 200
    testha("POST", f"{APPLICATION}/events", "event=stop")
    assert conditional(testha, tag).status_code == 200


def test_what_is_not_there_has_no_tag(testha):
    assert conditional(testha, "*", "/broker/rest/application/none").status_code == 404
    assert conditional(testha, "*", "/broker/rest/applications").status_code == 200


def test_what_has_a_tag_says_so_in_the_document(world):
    everything = Everything(world)
    document = world.nobody.send("GET", f"{PREFIX}/openapi.json").get_json()
    for url in READ:
        path = url.paths.current[0]
        answer = world.demo.send("GET", f"{PREFIX}{filled(path, everything.things(path))}")
        if answer.status_code != 200:
            continue
        described = document["paths"][path.replace("<", "{").replace(">", "}")]["get"]
        has_tag = "ETag" in answer.headers
        headers = {each["name"] for each in described["parameters"] if each["in"] == "header"}
        assert has_tag == url.tagged == ("304" in described["responses"]) == ("If-None-Match" in headers), path
        assert ("ETag" in described["responses"]["200"].get("headers", {})) == has_tag, path
