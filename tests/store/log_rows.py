"""Events to be logged."""

from broker.core.ids import ApplicationId, UserId
from broker.interfaces import OutgoingEvent


def an_id(number: int) -> ApplicationId:
    return ApplicationId(f"{number:024x}")


def an_event(number: int, sequence: int) -> OutgoingEvent:
    """An event of the application of that number."""
    return OutgoingEvent(
        application_id=an_id(number),
        owner_id=UserId("1" * 24),
        sequence=sequence,
        action="add_alias",
        app_name=f"app{number}",
        namespace="demo",
        occurred_at="2026-01-01T00:00:00Z",
        data={"alias": "www.shop.org"},
    )
