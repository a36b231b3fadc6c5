import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.redaction import redacted

visible = st.characters(min_codepoint=33, max_codepoint=126)
passwords = st.text(visible, min_size=1)
words = st.text(st.characters(whitelist_categories=("Ll",)), min_size=1)


@given(passwords)
def test_whatever_the_password_of_a_url_is_it_is_hidden_whole(password):
    assert redacted(f"amqp://me:{password}@host//") == "amqp://me:***@host//"


@given(st.text(visible))
def test_whatever_a_private_key_holds_is_hidden_also_when_it_is_cut_short(body):
    begin, end = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"

    assert redacted(f"before {begin}\n{body}\n{end}") == f"before {begin}***"
    assert redacted(f"before {begin}\n{body}") == f"before {begin}***"


@given(st.text())
def test_hiding_twice_is_hiding_once(text):
    assert redacted(redacted(text)) == redacted(text)


@given(st.lists(words))
def test_a_text_without_secrets_stays_as_it_is(parts):
    text = " ".join(parts)

    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic bWU6c2VjcmV0", "Authorization: ***"),
        ('Authorization: Digest username="me", response="abc"', "Authorization: ***"),
        ("{'Authorization': 'Bearer abcdefgh', 'Accept': 'x'}", "{'Authorization': ***, 'Accept': 'x'}"),
        ("refused Bearer abcdefgh.ijk=", "refused Bearer ***"),
        ('password="two words" user=me', "password=*** user=me"),
        ("/db?user=me&password=secret&x=1", "/db?user=me&password=***&x=1"),
        ("client_secret: abc", "client_secret: ***"),
        ("the password was wrong", "the password was wrong"),
    ],
)
def test_a_secret_is_hidden_and_the_rest_of_the_text_stays(text, shown):
    assert redacted(text) == shown
