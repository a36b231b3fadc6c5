"""Operations as their owner sees them.

What is looked at here is written as rows; how it comes to be, the engine's own tests tell.
"""

import pytest
from api.test_statement_counts_api import counted
from sqlalchemy import insert

from broker.store.tables import commands, operations

APPLICATION = "/broker/rest/application/testha"
NOW = "2026-01-01T00:00:00Z"
GONE = "f" * 24


def an_id(number):
    """Newer than every id of this run, and in the order of the numbers."""
    return f"ffff{number:020x}"


def rows(world, table, *values):
    with world.embedded.built.database.writing() as connection:
        connection.execute(insert(table), list(values))
        connection.commit()


def an_operation(world, number, *, application_id, owner_id, **more):
    ended = more.get("state", "completed") in {"completed", "failed", "cancelled"}
    row = {
        "operation_id": an_id(number),
        "application_id": application_id,
        "owner_id": owner_id,
        "app_name": "testha",
        "namespace": "test",
        "kind": "scale_up",
        "wish": {"by": 3},
        "arguments": {},
        "state": "completed",
        "created_at": NOW,
        "finished_at": NOW if ended else None,
        **more,
    }
    rows(world, operations, row)
    return row["operation_id"]


def a_command(operation_id, number, **more):
    return {
        "command_id": f"{number:024x}",
        "operation_id": operation_id,
        "application_id": GONE,
        "node_id": "node-a1.example.com",
        "gear_id": "1" * 24,
        "kind": "create_gear",
        "body": {},
        "state": "done",
        "error": None,
        "after": None,
        "undoes": None,
        **more,
    }


@pytest.fixture
def own(world, testha):
    """Makes operations of `testha`."""
    application_id = testha("GET", APPLICATION).data["id"]
    owner_id = testha("GET", "/user").data["id"]

    def make(number, **more):
        return an_operation(world, number, **{"application_id": application_id, "owner_id": owner_id, **more})

    return make


def test_the_operations_of_an_application_are_listed_newest_first(testha, own):
    for number in (1, 2, 3):
        own(number)

    listed = testha("GET", f"{APPLICATION}/operations?limit=3")

    assert (listed.status, listed.body["type"]) == (200, "operations")
    assert [each["id"] for each in listed.data] == [an_id(3), an_id(2), an_id(1)]
    assert listed.data[0]["wish"] == {"by": 3}
    assert "steps" not in listed.data[0]


@pytest.mark.parametrize("path", ["application/testha", "domain/test/application/testha", "applications/testha"])
def test_an_application_named_in_any_way_has_the_same_operations(testha, own, path):
    own(1)

    listed = testha("GET", f"/broker/rest/{path}/operations")

    assert listed.data[0]["id"] == an_id(1)


def test_a_page_says_where_the_next_one_is_and_the_pages_together_are_all(testha, own):
    wanted = [own(number) for number in range(1, 8)]
    seen, path = [], f"{APPLICATION}/operations?limit=3"

    while path:
        page = testha("GET", path)
        seen += [each["id"] for each in page.data]
        link = page.headers.get("Link")
        path = link and link.partition("<")[2].partition(">")[0].removeprefix("http://localhost")

    assert seen[:7] == wanted[::-1]
    assert len(seen) == len(set(seen))


def test_what_is_newer_than_the_page_does_not_move_it(testha, own):
    for number in (1, 2, 3):
        own(number)
    first = testha("GET", f"{APPLICATION}/operations?limit=2")

    own(4)

    link = first.headers["Link"]
    assert f"after={an_id(2)}" in link
    assert testha("GET", f"{APPLICATION}/operations?limit=1&after={an_id(2)}").data[0]["id"] == an_id(1)


def test_an_operation_shows_its_steps_with_node_gear_state_and_reason(world, testha, own):
    shown_id = own(1, state="failed", error="Node node-a1.example.com did not answer in time.", attempt=2)
    rows(
        world,
        commands,
        a_command(shown_id, 1),
        a_command(shown_id, 2, state="failed", error="no answer in time", kind="expose_endpoints", after=f"{1:024x}"),
        a_command(shown_id, 3, kind="destroy_gear", undoes=f"{1:024x}"),
    )

    shown = testha("GET", f"/broker/rest/operation/{shown_id}")

    assert (shown.status, shown.body["type"]) == (200, "operation")
    data = shown.data
    assert (data["state"], data["attempt"], data["reason"]) == (
        "failed",
        2,
        "Node node-a1.example.com did not answer in time.",
    )
    assert [(each["kind"], each["state"], each["reason"]) for each in data["steps"]] == [
        ("create_gear", "undone", None),
        ("expose_endpoints", "failed", "no answer in time"),
        ("destroy_gear", "done", None),
    ]
    assert data["steps"][0]["node"] == "node-a1.example.com"
    assert data["steps"][1]["after"] == data["steps"][0]["id"]
    assert data["steps"][2]["undoes"] == data["steps"][0]["id"]


def test_a_queued_operation_says_how_many_are_before_it(testha, own):
    own(1, state="running")
    for number, turn in ((2, 5), (3, 6), (4, 9)):
        own(number, state="queued", turn=turn)

    listed = testha("GET", f"{APPLICATION}/operations?limit=4").data

    assert [each["queue_position"] for each in listed] == [3, 2, 1, None]
    assert testha("GET", f"/operation/{an_id(3)}").data["queue_position"] == 2


def test_all_operations_of_the_caller_are_listed_those_of_deleted_applications_too(testha, own):
    own(1)
    own(2, application_id=GONE, app_name="gone")

    listed = testha("GET", "/broker/rest/operations?limit=2")

    assert [each["application_name"] for each in listed.data] == ["gone", "testha"]
    assert testha("GET", f"/operation/{an_id(2)}").data["application_name"] == "gone"


def test_an_operation_of_before_owners_were_kept_is_its_applications_owners(world, testha, own):
    shown_id = own(1, owner_id=None, app_name=None, namespace=None)
    lost_id = own(2, owner_id=None, application_id=GONE)

    assert testha("GET", f"/operation/{shown_id}").status == 200
    assert world.other("GET", f"/operation/{shown_id}").status == 404
    assert testha("GET", f"/operation/{lost_id}").status == 404


def test_another_owner_sees_none_of_it(world, testha, own):
    shown_id = own(1, state="queued", turn=1)

    assert world.other("GET", f"/broker/rest/operation/{shown_id}").status == 404
    assert world.other("POST", f"/broker/rest/operation/{shown_id}/events", "event=cancel").status == 404
    assert world.other("GET", f"{APPLICATION}/operations").status == 404
    assert world.other("GET", "/broker/rest/operations").data == []
    assert world.nobody.send("GET", f"/broker/rest/operation/{shown_id}").status_code == 401
    assert testha("GET", f"/operation/{shown_id}").data["state"] == "queued"


@pytest.mark.parametrize("name", ["nope", "F" * 24, "0" * 25, "%00", "..", "'%20OR%201=1", "é" * 24, "x" * 5000])
def test_an_operation_that_is_not_there_is_not_found(testha, name):
    answer = testha("GET", f"/broker/rest/operation/{name}")

    assert answer.status in {400, 404}
    assert len(answer.texts) == 1


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("limit=0", "a number from 1"),
        ("limit=-1", "a number from 1"),
        ("limit=many", "a number from 1"),
        ("limit=501", "500 is the most"),
        ("after=1", "the id of an operation"),
        ("after=%00", "a string is expected"),
        ("after[]=1", "a string is expected"),
    ],
)
def test_a_page_that_cannot_be_is_refused_by_the_parameters_name(testha, query, text):
    for path in (f"{APPLICATION}/operations", "/broker/rest/operations"):
        answer = testha("GET", f"{path}?{query}")

        assert (answer.status, answer.first["field"]) == (422, query.partition("=")[0].removesuffix("[]"))
        assert text in answer.texts[0]


@pytest.mark.parametrize("form", ["", "event=fly", "event=CANCEL", "event[]=cancel"])
def test_cancel_is_the_only_event_of_an_operation(testha, own, form):
    shown_id = own(1, state="queued", turn=1)

    answer = testha("POST", f"/operation/{shown_id}/events", form)

    assert (answer.status, answer.first["field"]) == (422, "event")
    assert testha("GET", f"/operation/{shown_id}").data["state"] == "queued"


def test_the_links_say_what_can_be_done_and_nolinks_leaves_them_out(testha, own):
    waiting, ended = own(1, state="queued", turn=1), own(2)

    shown = testha("GET", f"/operation/{waiting}").data
    assert shown["can_cancel"]
    assert shown["links"]["CANCEL"]["href"] == f"http://localhost/broker/rest/operation/{waiting}/events"
    assert shown["links"]["CANCEL"]["required_params"][0]["valid_options"] == ["cancel"]
    assert set(testha("GET", f"/operation/{ended}").data["links"]) == {"GET"}
    assert "links" not in testha("GET", f"/operation/{waiting}?nolinks=true").data


def test_an_application_and_the_entry_lead_to_operations(testha, own):
    own(1)
    application = testha("GET", APPLICATION).data["links"]["LIST_OPERATIONS"]["href"]
    entry = testha("GET", "/broker/rest/api").data["LIST_OPERATIONS"]["href"]

    for href in (application, entry):
        assert testha("GET", href.removeprefix("http://localhost")).data[0]["id"] == an_id(1)


def test_what_an_operation_shows_is_what_the_document_says_it_shows(world, testha, own):
    shown_id = own(1)
    rows(world, commands, a_command(shown_id, 1))

    shown = testha("GET", f"/operation/{shown_id}")

    schemas = world.nobody.send("GET", "/broker/rest/openapi.json").get_json()["components"]["schemas"]
    assert set(shown.data) == set(schemas["Operation"]["properties"])
    assert set(shown.data["steps"][0]) == set(schemas["Step"]["properties"])


def test_every_change_of_an_application_may_be_sent_with_a_key_and_answered_with_202(world):
    paths = world.nobody.send("GET", "/broker/rest/openapi.json").get_json()["paths"]
    told = {
        f"{method} {path}": ({each["name"] for each in operation["parameters"]}, set(operation["responses"]))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get"
    }

    for name, (headers, statuses) in told.items():
        assert "Idempotency-Key" in headers, name
        assert {"409", "422"} <= statuses, name
        changes = "application" in name
        assert ("Prefer" in headers, "202" in statuses) == (changes, changes), name


def test_a_request_takes_as_many_statements_however_long_the_history_and_however_many_the_steps(world, testha, own):
    def taken(path):
        with counted(world) as seen:
            assert testha("GET", path).status == 200
        return len(seen)

    def all_taken(shown_id):
        return [taken(path) for path in (f"{APPLICATION}/operations", "/operations", f"/operation/{shown_id}")]

    few = all_taken(own(1, state="queued", turn=1))
    for number in range(2, 120):
        own(number, state="queued" if number % 2 else "completed", turn=number)
    large = own(1000)
    rows(world, commands, *(a_command(large, number) for number in range(300)))

    many = all_taken(large)

    assert many == few
    assert max(many) <= 8
