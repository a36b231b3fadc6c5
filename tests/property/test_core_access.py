from hypothesis import given
from hypothesis import strategies as st

from broker.core.access import (
    DESCRIPTIONS,
    SESSION,
    USUAL_LIFETIMES,
    Lifetime,
    Noun,
    Permission,
    Role,
    Scopes,
    check_permission,
)
from broker.core.errors import Forbidden

IDS = ("a" * 24, "b" * 24)
LEVELS = ("view", "edit", "admin")
WORDS = (
    "session",
    "read",
    "userinfo",
    *(f"{kind}/{each}/{level}" for kind in ("domain", "application") for each in IDS for level in LEVELS),
)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)
permissions = st.sampled_from(list(Permission))
nouns = st.sampled_from(list(Noun))
places = st.fixed_dictionaries({"domain": st.sampled_from(IDS), "application": st.none() | st.sampled_from(IDS)})


def scopes_of(chosen):
    read = Scopes.read(chosen)
    assert read is not None
    return read


@given(words)
def test_scopes_come_back_from_their_text(chosen):
    scopes = scopes_of(chosen)

    assert Scopes.stored(str(scopes)) == scopes
    assert str(scopes).split() == list(dict.fromkeys(chosen))


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_words_are_scopes_that_are_known_or_none(chosen):
    read = Scopes.read(chosen)

    assert read is None or {scope.pattern for scope in read.each} <= set(DESCRIPTIONS)


@given(words, st.sampled_from(["", "Session", "domain/x/view", f"application/{IDS[0]}/scale", f"domain/{IDS[0]}/none"]))
def test_one_wrong_word_spoils_them_all(chosen, wrong):
    assert Scopes.read([*chosen, wrong]) is None
    assert Scopes.read([wrong, *chosen]) is None


@given(words, st.sampled_from(WORDS), nouns, st.booleans())
def test_a_further_scope_never_takes_a_request_away(chosen, more, noun, reads):
    fewer, all_of_them = scopes_of(chosen), scopes_of([*chosen, more])

    assert fewer.allow_request(noun, reads=reads) <= all_of_them.allow_request(noun, reads=reads)
    assert fewer.allow_request(noun, reads=reads) <= SESSION.allow_request(noun, reads=reads)


@given(words, st.sampled_from(WORDS), permissions, places)
def test_a_further_scope_never_takes_a_permission_away(chosen, more, permission, place):
    fewer, all_of_them = scopes_of(chosen), scopes_of([*chosen, more])

    assert fewer.permit(permission, **place) <= all_of_them.permit(permission, **place)
    assert fewer.reach(**place) <= all_of_them.reach(**place)


@given(words, permissions, places)
def test_what_is_permitted_is_reached(chosen, permission, place):
    scopes = scopes_of(chosen)

    assert scopes.permit(permission, **place) <= scopes.reach(**place)


@given(words, permissions, places, st.sampled_from(list(Role)))
def test_who_may_do_it_with_some_scopes_and_some_role_may_with_all_and_with_a_higher_one(
    chosen, permission, place, role
):
    def may(scopes, role):
        try:
            check_permission(permission, role, scopes, **place)
        except Forbidden:
            return False
        return True

    scopes = scopes_of(chosen)

    assert may(scopes, role) <= may(SESSION, role)
    assert may(scopes, role) <= may(scopes, max(role, Role.ADMIN))
    assert may(SESSION, role) == (role >= permission.needs)


@given(words, nouns)
def test_nobody_reaches_tokens_but_by_a_session(chosen, noun):
    scopes = scopes_of(chosen)
    is_session = "session" in chosen

    assert scopes.are_whole == is_session
    assert scopes.allow_request(Noun.AUTHORIZATIONS, reads=True) == is_session
    assert scopes.allow_request(noun, reads=False) <= (
        is_session or noun in {Noun.PUBLIC, Noun.DOMAINS, Noun.APPLICATIONS}
    )


@given(st.sampled_from(IDS), st.sampled_from(LEVELS), permissions)
def test_an_application_is_its_scopes_only_whatever_domain_it_is_in(mine, level, permission):
    scopes = scopes_of([f"application/{mine}/{level}"])
    (other,) = set(IDS) - {mine}

    assert not scopes.permit(permission, domain=mine, application=other)
    assert not scopes.permit(permission, domain=mine)
    assert scopes.reach(domain=other, application=mine)


@given(permissions, places)
def test_a_higher_level_permits_what_a_lower_one_does(permission, place):
    for kind in ("domain", "application"):
        permitted = [scopes_of([f"{kind}/{IDS[0]}/{level}"]).permit(permission, **place) for level in LEVELS]
        assert permitted == sorted(permitted)


@given(permissions, places)
def test_to_read_is_to_change_nothing(permission, place):
    assert scopes_of(["read"]).permit(permission, **place) == permission.reads


lifetimes = st.builds(
    lambda usual, more: Lifetime(usual=usual, longest=usual + more), st.integers(1, 10**6), st.integers(0, 10**6)
)
tables = st.fixed_dictionaries(
    {"*": lifetimes}, optional=dict.fromkeys(("session", "read", "domain/:id/edit"), lifetimes)
)


@given(words, st.none() | st.integers(-10, 10**7), tables)
def test_a_token_is_never_good_for_longer_than_any_of_its_scopes_allows(chosen, wanted, table):
    scopes = scopes_of(chosen)
    each = [table.get(scope.pattern, table["*"]) for scope in scopes.each]

    seconds = scopes.lifetime(wanted, table)

    assert 0 < seconds <= min(lifetime.longest for lifetime in each)
    assert seconds in {wanted, min(lifetime.usual for lifetime in each)}
    if wanted is not None and 0 < wanted <= min(lifetime.longest for lifetime in each):
        assert seconds == wanted


@given(words)
def test_a_session_among_others_is_as_short_as_a_session(chosen):
    usual = scopes_of(chosen).lifetime(None, USUAL_LIFETIMES)

    assert usual == USUAL_LIFETIMES["session" if "session" in chosen else "*"].usual
