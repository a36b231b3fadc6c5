import pytest

from broker.cli.kit.result import exit_status
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
