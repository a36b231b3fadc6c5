import pytest

from broker.cli.kit.result import Collected, exit_status
from broker.core.errors import ApplicationBusy, ConfigurationError, NoNodeAvailable, Refusal


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (ApplicationBusy(), 1),
        (NoNodeAvailable(), 1),
        (Refusal("no"), 1),
        (ConfigurationError("PORT cannot be 'x'"), 78),
    ],
)
def test_the_class_of_a_refusal_decides_the_exit_status(refusal, status):
    assert exit_status(refusal) == status


def test_an_operation_that_said_nothing_ends_in_success():
    assert Collected().text() == "Success\n"


def test_each_channel_has_its_heading_and_the_result_comes_last():
    collected = Collected(results=["done"], errors=["one node is slow"], debug=["asked node-a1"])

    assert collected.text() == "DEBUG OUTPUT:\nasked node-a1\nERROR OUTPUT:\none node is slow\ndone\n"


def test_errors_alone_are_followed_by_the_word_success():
    assert Collected(errors=["one node is slow"]).text() == "ERROR OUTPUT:\none node is slow\nSuccess\n"
