from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.api.negotiation import ENVELOPED, JSON, XML, media_of_refusal, negotiate_media, prefers_problems
from broker.api.refusals import NotAcceptable

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/xml", XML),
        ("Application/XML; charset=utf-8", XML),
        ("application/xml;version=1.5", XML),
        # Of equals the one that is named first is taken, else the one with more weight.
        ("application/json, application/xml", JSON),
        ("application/xml, application/json", XML),
        ("application/xml;q=0.5, application/json", JSON),
        ("application/json;q=0.1, */*", XML),
        ("application/json;q=0, */*", XML),
        ("application/xml;q=0, */*", JSON),
        ("text/plain, application/xml;q=0.2", XML),
        # A browser says what it can show, not what it wants.
        (BROWSER, JSON),
        ("text/html, application/xml", XML),
        # Who wants problems still wants to hear of what is none.
        ("application/problem+json", JSON),
        ("application/problem+json, application/xml", XML),
    ],
)
def test_the_format_that_is_liked_most_is_taken(accept, media):
    assert negotiate_media(accept, "", ENVELOPED) == media


@pytest.mark.parametrize(
    ("accept", "suffix", "offered", "media"),
    [
        (XML, "json", ENVELOPED, JSON),
        (JSON, "xml", ENVELOPED, XML),
        ("text/html", "xml", ENVELOPED, XML),
        ("text/event-stream", "json", ("application/x-ndjson", "text/event-stream"), "text/event-stream"),
    ],
)
def test_a_suffix_decides_alone_where_it_names_a_format(accept, suffix, offered, media):
    assert negotiate_media(accept, suffix, offered) == media


@pytest.mark.parametrize(
    ("accept", "suffix", "offered", "end"),
    [
        ("text/html", "", ENVELOPED, "Offered: application/json, application/xml."),
        (XML, "", (JSON,), "Offered: application/json."),
        (JSON, "", ("text/event-stream",), "Offered: text/event-stream."),
        ("", "yml", ENVELOPED, "The format 'yml' is not offered. Leave the suffix out, or use .json or .xml."),
        ("", "xml", (JSON,), "The format 'xml' is not offered. Leave the suffix out, or use .json."),
        ("application/problem+json", "", ("text/event-stream",), "Offered: text/event-stream."),
    ],
)
def test_a_format_that_is_not_offered_is_refused(accept, suffix, offered, end):
    with pytest.raises(NotAcceptable) as refused:
        negotiate_media(accept, suffix, offered)

    assert refused.value.text.endswith(end)


@pytest.mark.parametrize(
    ("accept", "suffix", "media"),
    [
        ("", "", JSON),
        ("text/html", "", JSON),
        (XML, "", XML),
        ("application/xml, */*;q=0.1", "", JSON),
        ("application/xml, application/json;q=0", "", XML),
        ("", "xml", XML),
        (XML, "json", JSON),
        ("", "yml", JSON),
    ],
)
def test_a_refusal_is_xml_only_for_who_takes_nothing_else(accept, suffix, media):
    assert media_of_refusal(accept, suffix) == media


@pytest.mark.parametrize(
    ("accept", "wants"),
    [
        ("application/problem+json", True),
        ("application/json, application/problem+json", True),
        ("application/xml;q=0.5, application/problem+json;q=0.5", True),
        ("Application/Problem+JSON, */*", True),
        ("application/json, application/problem+json;q=0.9", False),
        ("application/problem+json;q=0", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_problems_are_for_who_names_them_and_likes_the_envelope_no_more(accept, wants):
    assert prefers_problems(accept) is wants


@given(st.text(max_size=60))
def test_whatever_is_accepted_there_is_an_answer_or_a_refusal(accept):
    assert media_of_refusal(accept, "") in ENVELOPED
    assert prefers_problems(accept) in {True, False}
    with suppress(NotAcceptable):
        assert negotiate_media(accept, "", ENVELOPED) in ENVELOPED
