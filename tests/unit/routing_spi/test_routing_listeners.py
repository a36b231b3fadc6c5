import json
import sys
from pathlib import Path

import pytest

from routing_spi.codec import event_from_wire
from routing_spi.conformance_story import FIRST_GEAR, Story, a_life, tables_after
from routing_spi.listener import OptionRefused
from routing_spi.listeners.recording import RecordingListener
from routing_spi.listeners.template import TemplateListener
from routing_spi.snapshot import Snapshot

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


class Rendering:
    """A template listener on files of its own; `runs` counts how often its command was run."""

    def __init__(self, directory, *, template="{{ tables | length }} applications\n", script="", **options):
        self.output, self.log = directory / "out", directory / "runs"
        self.verdict = directory / "verdict"
        self.verdict.write_text("0")
        (directory / "template.j2").write_text(template)
        code = (
            f"import pathlib, sys; pathlib.Path({str(self.log)!r}).open('a').write('run\\n');"
            f"{script} sys.exit(int(pathlib.Path({str(self.verdict)!r}).read_text()))"
        )
        (directory / "command.py").write_text(code)
        self.options = {
            "template": str(directory / "template.j2"),
            "output": str(self.output),
            "command": f"{sys.executable} {directory / 'command.py'}",
            **options,
        }
        self.listener = TemplateListener(self.options)

    @property
    def runs(self):
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


def test_a_recorded_event_is_one_flushed_line(tmp_path):
    event = Story("testha").create()
    listener = RecordingListener({"file": str(tmp_path / "events")})

    listener.apply(event)

    (line,) = (tmp_path / "events").read_text().splitlines()
    assert event_from_wire(json.loads(line)["event"]) == event
    listener.close()


def test_without_a_file_events_are_recorded_on_stdout(capsys):
    RecordingListener({}).resync(Snapshot(position=3, tables={}))

    assert json.loads(capsys.readouterr().out)["snapshot"] == {
        "position": 3,
        "partial": False,
        "applications": [],
    }


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(OptionRefused, match="cannot be written"):
        RecordingListener({"file": str(tmp_path)})


def test_the_command_runs_when_the_text_has_changed_and_only_then(tmp_path):
    rendering = Rendering(tmp_path)
    story = Story("testha")

    rendering.listener.apply(story.create())
    rendering.listener.apply(story.add(FIRST_GEAR, "203.0.113.17", 1001))

    assert rendering.output.read_text() == "1 applications\n"
    assert rendering.runs == 1


def test_a_restart_that_changes_nothing_runs_nothing(tmp_path):
    snapshot = Snapshot(position=9, tables=tables_after(a_life()))
    Rendering(tmp_path).listener.resync(snapshot)

    again = Rendering(tmp_path)
    again.listener.resync(snapshot)

    assert again.runs == 1


def test_a_failed_command_puts_back_the_last_good_file_and_the_next_change_tries_again(tmp_path, caplog):
    rendering = Rendering(tmp_path)
    rendering.listener.apply(Story("one").create())
    rendering.verdict.write_text("3")

    rendering.listener.apply(Story("two").create())

    assert rendering.output.read_text() == "1 applications\n"
    assert "ended with 3" in caplog.text
    rendering.verdict.write_text("0")
    rendering.listener.apply(Story("three").create())
    assert rendering.output.read_text() == "3 applications\n"


def test_a_first_file_that_the_command_refuses_does_not_stay(tmp_path):
    rendering = Rendering(tmp_path)
    rendering.verdict.write_text("1")

    rendering.listener.apply(Story("one").create())

    assert not rendering.output.exists()


def test_a_command_that_takes_too_long_is_ended_and_counts_as_failed(tmp_path, caplog):
    rendering = Rendering(tmp_path, script="import time; time.sleep(60);", timeout_seconds="0.3")

    rendering.listener.apply(Story("one").create())

    assert "took more than 0.3 seconds" in caplog.text
    assert not rendering.output.exists()


def test_a_command_that_is_not_there_is_reported(tmp_path, caplog):
    rendering = Rendering(tmp_path, command="/no/such/command")

    rendering.listener.apply(Story("one").create())

    assert "/no/such/command cannot be started" in caplog.text


def test_the_command_is_no_shell(tmp_path):
    rendering = Rendering(tmp_path, command=f"true ; touch {tmp_path}/shell")

    rendering.listener.apply(Story("one").create())

    assert not (tmp_path / "shell").exists()


@pytest.mark.parametrize(
    "template",
    [
        "{{ tables[0].no_such_field }}",  # a spelling mistake is no empty text
        "{{ ''.__class__.__mro__ }}",  # the sandbox
        "{% for table in tables %}{{ table.tables.clear() }}{% endfor %}",
    ],
)
def test_a_template_that_fails_leaves_the_last_good_file(tmp_path, caplog, template):
    (tmp_path / "out").write_text("good\n")
    rendering = Rendering(tmp_path, template=template)

    rendering.listener.apply(Story("one").create())

    assert rendering.output.read_text() == "good\n"
    assert "the last good file stays" in caplog.text
    assert rendering.runs == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "'template' is missing"),
        ({"template": "/no/such", "output": "/tmp/x"}, "cannot be read"),  # noqa: S108
        ({"template": "{dir}/broken.j2", "output": "{dir}/x"}, "line 2"),
        ({"template": "{dir}/good.j2", "output": "{dir}/x", "command": "a 'b"}, "cannot be split"),
        ({"template": "{dir}/good.j2", "output": "{dir}/x", "timeout_seconds": "-1"}, "above 0"),
        ({"template": "{dir}/good.j2", "output": "{dir}/x", "timeout": "1"}, "unknown option 'timeout'"),
    ],
)
def test_options_that_cannot_be_used_are_refused(tmp_path, options, said):
    (tmp_path / "broken.j2").write_text("\n{% for %}")
    (tmp_path / "good.j2").write_text("")

    with pytest.raises(OptionRefused, match=said):
        TemplateListener({name: value.replace("{dir}", str(tmp_path)) for name, value in options.items()})


def rendered(tmp_path, name):
    listener = TemplateListener({"template": str(EXAMPLES / name), "output": str(tmp_path / "out")})
    listener.resync(Snapshot(position=9, tables=tables_after([*a_life(), Story("empty").create()])))
    return (tmp_path / "out").read_text()


def test_the_haproxy_example_maps_every_name_to_its_pool(tmp_path):
    assert rendered(tmp_path, "haproxy.map.j2").split() == [
        "ha-testha-test.example.com", "pool_ose_testha_test_80",
        "testha-test.example.com", "pool_ose_testha_test_80",
        "www.example.org", "pool_ose_testha_test_80",
    ]  # fmt: skip


def test_the_nginx_example_has_an_upstream_for_each_application_that_is_served(tmp_path):
    text = rendered(tmp_path, "nginx-upstream.conf.j2")

    assert text.count("upstream ") == 1
    assert "    server 203.0.113.17:56432;" in text
    assert "    server 203.0.113.19:40002;" in text
    assert "server_name ha-testha-test.example.com testha-test.example.com www.example.org;" in text
