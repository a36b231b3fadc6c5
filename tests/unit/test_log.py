import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from broker.config import ConfigurationError, load_settings
from broker.log import FORMATS, LEVELS, set_up_logging

SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def _root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def logged(form: str, message: str, *arguments: object, **keys: object) -> str:
    stream = io.StringIO()
    set_up_logging(form=form, stream=stream)
    logging.getLogger("broker.test").warning(message, *arguments, extra=keys)
    return stream.getvalue()


def test_a_json_line_holds_the_event_and_its_keys():
    event = json.loads(logged("json", "gear %s", "created", gear_id="a1", ports=[1, 2]))

    assert event["event"] == "gear created"
    assert event["level"] == "warning"
    assert event["logger"] == "broker.test"
    assert event["gear_id"] == "a1"
    assert event["ports"] == [1, 2]
    assert datetime.fromisoformat(event["time"]).tzinfo is not None


def test_a_text_line_shows_keys_after_the_event_and_quotes_what_has_blanks():
    line = logged("text", "gear created", gear_id="a1", reason="no node")

    assert line.endswith('broker.test: gear created gear_id=a1 reason="no node"\n')


def test_an_event_is_one_line_whatever_its_text(form):
    assert logged(form, "first\nsecond", key="third\nfourth").count("\n") == 1


@pytest.mark.parametrize(
    "message",
    [
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Basic {SECRET}'}}",
        f"connecting to amqp://me:{SECRET}@host//",
        f"connecting to postgresql://me:a/b@{SECRET}@host/db",
        f"password={SECRET} was wrong",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_no_secret_of_a_message_is_logged(form, message):
    assert SECRET not in logged(form, message)
    assert SECRET not in logged(form, "refused", why=message)
    assert SECRET not in logged(form, "refused %s", message)


def test_a_key_named_like_a_secret_is_hidden_also_inside_another(form):
    line = logged(form, "login", password=SECRET, headers={"Authorization": SECRET}, items=[{"token": SECRET}])

    assert SECRET not in line


def test_a_traceback_is_logged_without_its_secrets(form):
    stream = io.StringIO()
    set_up_logging(form=form, stream=stream)

    try:
        raise OSError(f"cannot reach amqp://me:{SECRET}@host//")
    except OSError:
        logging.getLogger("broker.test").exception("bus lost")

    assert "OSError" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_a_second_set_up_replaces_the_first():
    first, second = io.StringIO(), io.StringIO()
    set_up_logging(stream=first)
    set_up_logging(stream=second)

    logging.getLogger("broker.test").info("once")

    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


@pytest.mark.parametrize("wrong", [{"level": "loud"}, {"form": "xml"}])
def test_an_unknown_level_or_form_is_refused_with_what_is_allowed(wrong):
    with pytest.raises(ConfigurationError, match="allowed is one of"):
        set_up_logging(**wrong)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_level_and_form_of_the_log_can_be_set(level, form):
    settings = load_settings({"LOG_LEVEL": level, "LOG_FORMAT": form})

    assert (settings.log_level, settings.log_format) == (level, form)
