import pytest

from routing_spi.listeners.recording import RecordingListener
from routing_spi.registry import ListenerUnavailable, listener_names, make_listener


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package that declares a good listener, one whose module is not there, and two that break."""
    package = tmp_path / "site"
    declared = package / "their_routers-1.0.dist-info"
    declared.mkdir(parents=True)
    (declared / "METADATA").write_text("Metadata-Version: 2.1\nName: their-routers\nVersion: 1.0\n")
    (declared / "entry_points.txt").write_text(
        "[gearbroker.routing_listeners]\n"
        "good = routing_spi.listeners.recording:RecordingListener\n"
        "absent = no_such_module:Listener\n"
        "breaking = breaking_router:Listener\n"
        "raising = raising_router:Listener\n"
    )
    (package / "breaking_router.py").write_text("1 / 0\n")
    (package / "raising_router.py").write_text("def Listener(options):\n    raise KeyError('host')\n")
    monkeypatch.syspath_prepend(str(package))


def test_declared_listeners_are_known_by_name_without_loading_them(installed):
    assert {"absent", "breaking", "good", "raising"} <= set(listener_names())


def test_a_good_listener_is_made_although_others_are_broken(installed, tmp_path):
    listener = make_listener("good", {"file": str(tmp_path / "events")})

    assert isinstance(listener, RecordingListener)
    listener.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent", "no_such_module"),
        ("breaking", "ZeroDivisionError"),
        ("raising", "KeyError"),
        ("nobody", "good"),
    ],
)
def test_a_listener_that_cannot_be_made_is_named_with_the_reason(installed, name, said):
    with pytest.raises(ListenerUnavailable, match=f"'{name}'.*{said}"):
        make_listener(name, {})


def test_an_option_nobody_reads_is_refused_with_the_listener_s_name(installed):
    with pytest.raises(ListenerUnavailable, match="'good': unknown option 'flie'"):
        make_listener("good", {"flie": "x"})


def test_a_listener_that_is_not_installed_is_made_from_module_and_object(tmp_path):
    listener = make_listener("routing_spi.listeners.recording:RecordingListener", {"file": str(tmp_path / "events")})

    assert isinstance(listener, RecordingListener)
    listener.close()
