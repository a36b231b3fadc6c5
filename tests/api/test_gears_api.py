"""Single gears over REST: restart, and rotation by hand."""

import pytest
from api.gear_stories import APPLICATION, event, find, gears, lose, rotation, rotations_told, scaled


def test_one_gear_is_restarted_and_the_application_is_the_answer(world, testha):
    _, second = scaled(testha, 2)

    answer = event(testha, second, "event=restart")

    assert (answer.status, answer.body["type"], answer.data["name"]) == (200, "application", "testha")
    assert answer.texts == [f"Gear {second} has restarted"]
    newest = testha("GET", f"{APPLICATION}/operations").data[0]
    assert (newest["kind"], newest["state"], newest["wish"]) == ("restart_gear", "completed", {"gear_id": second})
    shown = testha("GET", f"/operation/{newest['id']}").data
    assert [(step["kind"], step["gear"]) for step in shown["steps"]] == [("restart_gear", second)]


def test_a_gear_on_a_node_that_is_away_is_restarted_later_and_nobody_waits(world, testha):
    _, second = scaled(testha, 2)
    node = lose(world, second)

    answer = event(testha, second, "event=restart")
    find(world, node)

    assert answer.status == 200
    newest = testha("GET", f"{APPLICATION}/operations").data[0]
    shown = testha("GET", f"/operation/{newest['id']}").data
    assert [(step["kind"], step["state"]) for step in shown["steps"]] == [("restart_gear", "done")]


def test_a_gear_of_a_stopped_application_is_not_restarted_alone(testha):
    testha("POST", f"{APPLICATION}/events", "event=stop")

    answer = event(testha, gears(testha)[0], "event=restart")

    assert answer.status == 422
    assert answer.texts == ["Application 'testha' is stopped. Start it, and its gears with it."]


def test_a_gear_leaves_rotation_by_hand_and_comes_back(world, testha):
    first, second = scaled(testha, 2)

    out = event(testha, second, "event=rotate-out&timeout=30")
    while_out = rotation(testha)
    back = event(testha, second, "event=rotate-in")

    assert (out.status, out.texts) == (200, [f"Gear {second} is rotated out"])
    assert while_out == {first: "in", second: "out"}
    assert (back.status, back.texts) == (200, [f"Gear {second} is rotated in"])
    assert rotation(testha) == {first: "in", second: "in"}
    assert rotations_told(world) == [
        ("gear_rotated_out", second, "rotated out by hand, with 30 seconds to drain"),
        ("gear_rotated_in", second, "rotated in by hand"),
    ]


def test_a_repeated_event_is_harmless_and_tells_routers_nothing(world, testha):
    _, second = scaled(testha, 2)

    for text in ("event=rotate-out", "event=rotate-out", "event=rotate-in", "event=rotate-in"):
        assert event(testha, second, text).status == 200

    assert [action for action, _, _ in rotations_told(world)] == ["gear_rotated_out", "gear_rotated_in"]


def test_a_gear_drains_for_as_long_as_it_was_given_and_then_is_out(testha):
    _, second, third = scaled(testha, 3)

    event(testha, second, "event=rotate-out&timeout=0")
    event(testha, third, "event=rotate-out")

    held = testha("GET", f"{APPLICATION}/ha").data["held_out"]
    assert {each["id"]: each["rotation"] for each in held} == {second: "out", third: "draining"}


def test_the_last_gear_that_serves_stays_in_rotation(testha):
    first, second = scaled(testha, 2)
    event(testha, first, "event=rotate-out")

    answer = event(testha, second, "event=rotate-out")

    text = f"Gear '{second}' cannot be rotated out: no other gear of its application serves requests."
    assert (answer.status, answer.texts, answer.first["exit_code"]) == (422, [text], 126)
    assert rotation(testha) == {first: "out", second: "in"}


def test_proxy_gears_that_the_ratio_took_out_come_back_before_the_last_other_gear_leaves(world, testha):
    first, *others = scaled(testha, 4)  # the ratio is 4, and the limit 3

    for gear in others:
        assert event(testha, gear, "event=rotate-out").status == 200

    assert rotation(testha) == {first: "in", **dict.fromkeys(others, "out")}
    assert [told[:2] for told in rotations_told(world)[-2:]] == [
        ("gear_rotated_in", first),
        ("gear_rotated_out", others[-1]),
    ]


def test_a_proxy_gear_that_is_held_out_stays_out_when_the_ratio_lets_it_in(testha):
    first, second, *_ = scaled(testha, 6, ha=True)
    assert rotation(testha)[second] == "out"  # the ratio of six gears to two is three

    event(testha, second, "event=rotate-out")
    testha("POST", f"{APPLICATION}/events", "event=scale-down&to=3")

    assert (rotation(testha)[first], rotation(testha)[second]) == ("in", "out")
    event(testha, second, "event=rotate-in")
    assert rotation(testha)[second] == "in"


def test_a_gear_that_is_held_out_stays_out_over_restart_and_scaling(testha):
    _, second = scaled(testha, 2)
    event(testha, second, "event=rotate-out")

    event(testha, second, "event=restart")
    testha("POST", f"{APPLICATION}/events", "event=restart")
    testha("POST", f"{APPLICATION}/events", "event=make-ha")

    assert rotation(testha)[second] == "out"


def test_scaling_down_leaves_a_gear_that_serves(testha):
    first, second, third = scaled(testha, 3)
    event(testha, first, "event=rotate-out")
    event(testha, third, "event=rotate-out")

    assert testha("POST", f"{APPLICATION}/events", "event=scale-down").status == 200
    assert gears(testha) == [first, second]
    refused = testha("POST", f"{APPLICATION}/events", "event=scale-down")

    assert refused.status == 422
    assert "Some gears are rotated out by hand, and one that serves must stay." in refused.texts[0]


def test_a_gear_of_a_database_is_in_no_rotation_and_is_the_last_of_its_group(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridges[]=php-5.4&cartridges[]=mysql-5.5&scale=true")
    (gear,) = demo("GET", f"{APPLICATION}/gear_groups").data[1]["gears"]

    rotated = event(demo, gear["id"], "event=rotate-out")
    deleted = demo("DELETE", f"{APPLICATION}/gear/{gear['id']}")

    assert (rotated.status, rotated.texts) == (
        422,
        [f"Gear '{gear['id']}' does not carry the web framework, so it is in no rotation."],
    )
    assert (deleted.status, deleted.texts) == (422, ["Cannot scale down below gear limit of 1."])
    assert event(demo, gear["id"], "event=restart").status == 200


@pytest.mark.parametrize(
    ("text", "said", "field"),
    [
        ("event=", "Event can only contain lowercase a-z and '-' characters", "event"),
        ("event=Restart", "Event can only contain lowercase a-z and '-' characters", "event"),
        ("event=stop", "Invalid gear event 'stop' specified", "event"),
        ("event=rotate-out&timeout=3601", "Invalid value for 'timeout': 3600 is the most.", "timeout"),
        ("event=rotate-out&timeout=-1", "Invalid value for 'timeout': a number from 0 is expected.", "timeout"),
        ("event=rotate-out&timeout=soon", "Invalid value for 'timeout': a number from 0 is expected.", "timeout"),
    ],
)
def test_an_event_that_is_none_is_refused(testha, text, said, field):
    answer = event(testha, gears(testha)[0], text)

    assert (answer.status, answer.texts, answer.first["field"]) == (422, [said], field)


@pytest.mark.parametrize("gear", ["0" * 24, "nothing", "'"])
def test_an_unknown_gear_is_said_to_be_unknown(testha, gear):
    for answer in (event(testha, gear, "event=restart"), testha("DELETE", f"{APPLICATION}/gears/{gear}")):
        assert (answer.status, answer.first["exit_code"]) == (404, 101)
        assert answer.texts[0].startswith("Gear '")
        assert answer.texts[0].endswith("' not found.")


def test_a_gear_of_another_application_is_unknown(testha):
    testha("POST", "/domain/test/applications", "name=second&cartridges[]=php-5.4&scale=true")
    (foreign,) = testha("GET", "/application/second/gear_groups").data[0]["gears"]

    for text in ("event=restart", "event=rotate-out", "event=rotate-in"):
        assert event(testha, foreign["id"], text).texts == [f"Gear '{foreign['id']}' not found."]
    assert testha("DELETE", f"{APPLICATION}/gear/{foreign['id']}").status == 404


@pytest.mark.parametrize(
    ("method", "below", "text"),
    [("POST", "/events", "event=rotate-out"), ("POST", "/events", "event=restart"), ("DELETE", "", None)],
)
def test_a_gear_is_changed_only_if_the_application_is_what_the_caller_has_seen(testha, method, below, text):
    _, second = scaled(testha, 2)
    seen = testha("GET", APPLICATION).headers["ETag"]
    testha("POST", f"{APPLICATION}/aliases", "id=www.shop.org")
    careful = type(testha)(testha.wsgi_app, testha.login, {"If-Match": seen})

    answer = careful(method, f"{APPLICATION}/gear/{second}{below}", text)

    assert answer.status == 412
    assert rotation(testha)[second] == "in"


@pytest.mark.parametrize("text", ["event=rotate-out", "event=rotate-in", "event=restart"])
def test_a_caller_need_not_wait_for_an_event(testha, text):
    _, second = scaled(testha, 2)
    patient = type(testha)(testha.wsgi_app, testha.login, {"Prefer": "respond-async"})

    answer = event(patient, second, text)

    assert answer.status == 202
    assert answer.headers["Location"].rsplit("/", 2)[1] == "operation"


def test_what_is_stopped_on_all_gears_stays_so_on_a_gear_that_is_restarted(world, testha):
    _, second = scaled(testha, 2)
    assert testha("POST", f"{APPLICATION}/cartridge/ruby-1.9/events", "event=stop").status == 200

    assert event(testha, second, "event=restart").status == 200

    with world.embedded.platform.reading() as work:
        node = work.gears.by_ids([second])[0].node_id
    (gear,) = (each for each in world.embedded.fleet.node(node).book.snapshot() if each.gear_id == second)
    assert [(each.spec.name, each.stopped) for each in gear.cartridges] == [("ruby-1.9", True)]
    assert testha("GET", f"{APPLICATION}/ha").data["serving_gears"] == 0


def test_a_viewer_may_read_the_verdict_and_do_nothing_to_gears(world, testha):
    _, second = scaled(testha, 2)
    shared = testha("POST", "/broker/rest/domain/test/members", "login=other&role=view")
    assert shared.status == 200, shared.texts
    application = f"/broker/rest/application/{testha('GET', APPLICATION).data['id']}"

    assert world.other("GET", f"{application}/ha").status == 200
    for text in ("event=restart", "event=rotate-out", "event=rotate-in"):
        assert world.other("POST", f"{application}/gear/{second}/events", text).status == 403
    assert world.other("DELETE", f"{application}/gear/{second}").status == 403
