"""The tables of events of the REST contract, row by row."""

import pytest

APP = "/broker/rest/domain/test/application/testha"
EVENTS = f"{APP}/events"
FORM_OF_EVENT = "Event can only contain lowercase a-z and '-' characters"
OF_CARTRIDGE = "Invalid event '{}' for embedded cartridge ruby-1.9 within application 'testha'"


def said(answer):
    return (answer.status, answer.first["exit_code"], answer.first["field"], answer.texts[0])


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("event=start", "Application testha has started"),
        ("event=stop", "Application testha has stopped"),
        ("event=force-stop", "Application testha has forcefully stopped"),
        ("event=restart", "Application testha has restarted"),
        ("event=reload", "Application testha called reload"),
        ("event=tidy", "Application testha called tidy"),
        ("event=scale-up", "Application testha has scaled to 2"),
        ("event=scale-down&by=-2", "Application testha has scaled to 3"),
        ("event=make-ha", "Application testha is now ha"),
        ("event=add-alias&alias=www.foo.com", "Application testha has added alias"),
    ],
)
def test_an_event_is_answered_with_its_text(testha, form, text):
    done = testha("POST", EVENTS, form)

    assert (done.status, done.body["type"], done.first["exit_code"], done.texts) == (200, "application", 0, [text])


@pytest.mark.parametrize(
    ("form", "status", "exit_code", "field", "text"),
    [
        ("", 422, 126, "event", FORM_OF_EVENT),
        ("event=Start", 422, 126, "event", FORM_OF_EVENT),
        ("event=start-", 422, 126, "event", FORM_OF_EVENT),
        (
            "event=add-alias",
            422,
            126,
            "alias",
            "Alias must be specified for adding or removing application alias.",
        ),
        (
            "event=remove-alias",
            422,
            126,
            "alias",
            "Alias must be specified for adding or removing application alias.",
        ),
        ("event=activate", 422, 126, "deployment_id", "Deployment ID must be provided for activate."),
        ("event=explode", 422, 126, "event", "Invalid application event 'explode' specified"),
        ("event=show-port", 410, 112, None, "This event (show-port) is no longer supported."),
        ("event=expose-port", 410, 112, None, "This event (expose-port) is no longer supported."),
        ("event=conceal-port", 410, 112, None, "This event (conceal-port) is no longer supported."),
        ("event=thread-dump", 422, 180, None, "The threaddump command is not available for this application"),
    ],
)
def test_what_is_wrong_with_an_event_is_said_in_the_words_of_the_contract(demo, form, status, exit_code, field, text):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    assert said(demo("POST", EVENTS, form)) == (status, exit_code, field, text)


def test_a_thread_dump_is_what_each_gear_says(demo):
    demo("POST", "/domain/test/applications", "name=testha&cartridge=jbossews-2.0&scale=true")
    demo("POST", EVENTS, "event=scale-up&to=2")

    done = demo("POST", EVENTS, "event=thread-dump")

    text, dump = done.body["messages"]
    assert (done.status, done.body["type"], text["text"], text["severity"]) == (200, "application", "", "info")
    assert dump["severity"] == "result"
    assert len(dump["text"].splitlines()) >= 2


@pytest.mark.parametrize(
    ("event", "text", "state"),
    [
        ("start", "Started ruby-1.9 on testha", "started"),
        ("stop", "Stopped ruby-1.9 on testha", "stopped"),
        ("restart", "Restarted ruby-1.9 on testha", "started"),
        ("reload", "Reloaded ruby-1.9 on testha", "started"),
        ("Stop", "Stopped ruby-1.9 on testha", "stopped"),
    ],
)
def test_a_cartridge_is_told_and_its_status_says_so(testha, event, text, state):
    done = testha("POST", f"{APP}/cartridge/Ruby-1.9/events", f"event={event}")
    shown = testha("GET", f"{APP}/cartridge/ruby-1.9")

    assert (done.status, done.body["type"], done.texts) == (200, "application", [text])
    assert [each["message"].split()[-1] for each in shown.data["status_messages"]] == [state]


@pytest.mark.parametrize(
    ("cartridge", "event", "status", "exit_code", "text"),
    [
        ("mysql-5.5", "event=stop", 404, 129, "Cartridge 'mysql-5.5' not found."),
        ("mysql-5.5", "event=?", 404, 129, "Cartridge 'mysql-5.5' not found."),
        ("ruby-1.9", "event=st0p", 422, 126, "Event can only contain characters and '-'"),
        ("ruby-1.9", "event=tidy", 422, 126, OF_CARTRIDGE.format("tidy")),
        ("haproxy-1.4", "event=scale-up", 422, 168, "The cartridge haproxy-1.4 cannot be scaled."),
    ],
)
def test_what_is_wrong_with_an_event_of_a_cartridge(testha, cartridge, event, status, exit_code, text):
    refused = testha("POST", f"{APP}/cartridge/{cartridge}/events", event)

    assert (refused.status, refused.first["exit_code"], refused.texts) == (status, exit_code, [text])


@pytest.mark.parametrize("event", ["start", "stop", "restart"])
def test_an_event_of_the_application_lets_all_its_cartridges_run_again(testha, event):
    testha("POST", f"{APP}/cartridge/ruby-1.9/events", "event=stop")

    testha("POST", EVENTS, f"event={event}")
    testha("POST", EVENTS, "event=start")

    shown = testha("GET", f"{APP}/cartridge/ruby-1.9")
    assert [each["message"].split()[-1] for each in shown.data["status_messages"]] == ["started"]


@pytest.mark.parametrize(
    ("cartridge", "verdict"), [("ruby-1.9", "not_ha"), ("haproxy-1.4", "not_ha"), ("cron-1.4", "ha")]
)
def test_a_stopped_web_framework_or_proxy_ends_high_availability(testha, cartridge, verdict):
    testha("POST", f"{APP}/cartridges", "name=cron-1.4")
    testha("POST", EVENTS, "event=make-ha")

    testha("POST", f"{APP}/cartridge/{cartridge}/events", "event=stop")
    stopped = testha("GET", f"{APP}/routing_table").data["verdict"]
    testha("POST", f"{APP}/cartridge/{cartridge}/events", "event=start")

    assert (stopped, testha("GET", f"{APP}/routing_table").data["verdict"]) == (verdict, "ha")


def test_an_owner_without_gears_is_told_before_anything_else_of_scaling(make_world):
    world = make_world(default_max_gears=1)
    world.demo("POST", "/domain/test/applications", "name=testha&cartridge=php-5.4")

    assert said(world.demo("POST", EVENTS, "event=scale-up")) == (422, 104, None, "Reached gear limit of 1")


@pytest.mark.parametrize(
    ("form", "exit_code", "text"),
    [
        ("event=scale-down", 168, "Cannot scale down below gear limit of 1."),
        ("event=scale-up&to=9", 168, "Cannot scale up above maximum gear limit of 4."),
    ],
)
def test_scaling_beyond_the_limits_is_refused(testha, form, exit_code, text):
    testha("PUT", f"{APP}/cartridge/ruby-1.9", "scales_to=4")

    assert said(testha("POST", EVENTS, form)) == (422, exit_code, None, text)
