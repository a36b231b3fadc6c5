"""What operations need is said for each kind, and being asked is the same as being refused."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from store.rows import a_namespace, an_application

from broker.core.access import Permission, Role, Scopes
from broker.core.errors import Forbidden
from broker.core.ids import UserId
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.usecases.permitted import NEEDED
from broker.usecases.visibility import check_may, may

USER = User(
    user_id=UserId("a" * 24),
    login="demo",
    password_hash=None,
    max_gears=1,
    max_namespaces=1,
    max_teams=0,
    consumed_gears=0,
    gear_sizes=("small",),
    may_use_ha=False,
    may_follow_all_routing=False,
    created_at="2026-01-01T00:00:00Z",
)
DOMAIN = a_namespace(USER, "test", 1)
APPLICATION = an_application(USER, DOMAIN, 2).application
OTHER = "f" * 24
WORDS = (
    "session",
    "read",
    "userinfo",
    *(f"domain/{each}/{level}" for each in (DOMAIN.namespace_id, OTHER) for level in ("view", "edit", "admin")),
    *(
        f"application/{each}/{level}"
        for each in (APPLICATION.application_id, OTHER)
        for level in ("view", "edit", "admin", "scale", "report_deployments")
    ),
)


def test_every_kind_of_operation_needs_a_role_that_changes_things():
    assert set(NEEDED) == set(OperationKind)
    assert {needs.needs for needs in NEEDED.values()} == {Role.EDIT}


@given(st.lists(st.sampled_from(WORDS), max_size=3), st.sampled_from(list(Role)), st.sampled_from(list(Permission)))
def test_who_may_is_not_refused_and_who_may_not_is(words, role, needs):
    user = replace(USER, scopes=Scopes.stored(" ".join(words)))

    try:
        check_may(user, APPLICATION, role, needs)
        refused = False
    except Forbidden:
        refused = True

    assert may(user, APPLICATION, role, needs) is not refused
    assert not may(user, APPLICATION, None, needs)


@given(st.sampled_from([Permission.REMOVE_GEAR, Permission.ROTATE_GEAR]))
def test_a_gear_removes_and_rotates_no_gear(needs):
    mine = APPLICATION.application_id
    scopes = Scopes.stored(f"application/{mine}/scale application/{mine}/report_deployments")

    assert not scopes.permit(needs, domain=DOMAIN.namespace_id, application=mine)
