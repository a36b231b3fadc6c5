"""Single gears over REST: the end of one, and what takes its place."""

from api.gear_stories import APPLICATION, carries, event, find, gears, lose, rotation, scaled


def test_a_plain_gear_is_deleted_and_only_that_one(testha):
    first, second, third = scaled(testha, 3)

    answer = testha("DELETE", f"{APPLICATION}/gear/{second}")

    assert (answer.status, answer.data, answer.texts) == (200, None, [f"Gear {second} is deleted."])
    assert gears(testha) == [first, third]
    assert testha("GET", "/user").data["consumed_gears"] == 2
    assert sorted(rotation(testha)) == sorted([first, third])


def test_the_head_gear_and_the_minimum_of_gears_are_kept(testha):
    (head,) = gears(testha)

    answer = testha("DELETE", f"{APPLICATION}/gear/{head}")

    text = f"Gear '{head}' is the head gear of its application, and cannot be deleted."
    assert (answer.status, answer.texts) == (422, [text])


def test_a_plain_gear_at_the_minimum_is_refused_in_the_words_of_scaling(testha):
    scaled(testha, 2)
    testha("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=2")

    answer = testha("DELETE", f"{APPLICATION}/gear/{gears(testha)[1]}")

    assert (answer.status, answer.texts, answer.first["exit_code"]) == (
        422,
        ["Cannot scale down below gear limit of 2."],
        168,
    )


def test_a_proxy_gear_passes_the_proxy_on_before_it_goes(world, testha):
    head, *_ = scaled(testha, 4, ha=True)
    (leaving,) = carries(world, testha) - {head}

    answer = testha("DELETE", f"{APPLICATION}/gear/{leaving}")

    assert answer.status == 200
    assert leaving not in gears(testha)
    assert len(gears(testha)) == 3
    assert len(carries(world, testha)) == 2
    assert testha("GET", f"{APPLICATION}/ha").data["state"] == "ha"


def test_a_proxy_gear_of_an_application_at_its_minimum_is_replaced_by_a_new_one(world, testha):
    head, leaving = scaled(testha, 2, ha=True)

    answer = testha("DELETE", f"{APPLICATION}/gear/{leaving}")

    assert answer.status == 200
    assert len(gears(testha)) == 2
    assert set(gears(testha)) == carries(world, testha)
    assert leaving not in gears(testha)
    assert head in gears(testha)
    assert testha("GET", f"{APPLICATION}/ha").data["state"] == "ha"
    assert testha("GET", "/user").data["consumed_gears"] == 2


def test_a_replacement_that_finds_no_node_changes_nothing(world, testha):
    _, leaving = scaled(testha, 2, ha=True)
    before = (gears(testha), rotation(testha))
    for node in [f"node-{zone}{number}.example.com" for zone in "abc" for number in (1, 2)]:
        world.embedded.fleet.node(node).faults.fail_every = 1

    answer = testha("DELETE", f"{APPLICATION}/gear/{leaving}")

    assert answer.status == 500
    assert (gears(testha), rotation(testha)) == before
    assert testha("GET", "/user").data["consumed_gears"] == 2


def test_a_gear_on_a_node_that_is_away_goes_at_once_and_its_node_is_told_later(world, testha):
    first, second, third = scaled(testha, 3)
    node = lose(world, third)

    answer = testha("DELETE", f"{APPLICATION}/gear/{third}")

    assert answer.status == 200
    assert gears(testha) == [first, second]
    find(world, node)
    assert third not in {gear.gear_id for gear in world.embedded.fleet.node(node).book.snapshot()}


def test_a_lost_gear_at_the_minimum_is_replaced(world, testha):
    scaled(testha, 2)
    testha("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=2")
    lost = gears(testha)[1]
    lose(world, lost)

    assert testha("DELETE", f"{APPLICATION}/gear/{lost}").status == 200

    assert len(gears(testha)) == 2
    assert lost not in gears(testha)


def test_the_last_gear_that_serves_is_not_deleted(testha):
    first, second = scaled(testha, 2)
    event(testha, first, "event=rotate-out")

    answer = testha("DELETE", f"{APPLICATION}/gear/{second}")

    text = f"Gear '{second}' cannot be deleted: no other gear of its application serves requests."
    assert (answer.status, answer.texts) == (422, [text])


def test_a_gear_that_is_held_out_may_be_deleted(testha):
    first, second = scaled(testha, 2)
    event(testha, second, "event=rotate-out")

    assert testha("DELETE", f"{APPLICATION}/gear/{second}").status == 200
    assert gears(testha) == [first]


def test_a_deletion_that_is_repeated_under_its_key_is_done_once(testha):
    first, second, third = scaled(testha, 3)
    keyed = type(testha)(testha.wsgi_app, testha.login, {"Idempotency-Key": "delete-it"})

    answers = [keyed("DELETE", f"{APPLICATION}/gear/{second}") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert gears(testha) == [first, third]
