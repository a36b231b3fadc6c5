"""A request that is sent again under the same key is answered as it was the first time, and never done twice.

The key is noted before anything is done, what the request becomes in the transaction of that, and the answer after
it. A process that dies between them leaves a row that tells how far it was.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from broker.core.errors import KeyReused, RequestUnderWay
from broker.core.ids import UserId
from broker.core.operation import OperationState
from broker.interfaces import KeptAnswer, Platform
from broker.usecases.times import timestamp

OPEN = frozenset({OperationState.QUEUED.value, OperationState.RUNNING.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenAnswer:
    """An answer as it was sent."""

    status: int
    headers: Mapping[str, object]
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What is left to be done for a request: nothing where `given` is its answer.

    `became` is what has come of it: an operation, or a changed namespace; without `given` the answer was lost.
    """

    owner_id: UserId
    key: str
    given: GivenAnswer | None = None
    became: str | None = None


class UnderWay:
    """The requests that this process works on at the moment; what it left without an answer is not among them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[tuple[UserId, str]] = set()

    @contextmanager
    def entered(self, owner_id: UserId, key: str) -> Iterator[None]:
        """For the length of a block; raises `RequestUnderWay` while another thread is in it."""
        with self._lock:
            if (owner_id, key) in self._keys:
                raise RequestUnderWay
            self._keys.add((owner_id, key))
        try:
            yield
        finally:
            with self._lock:
                self._keys.remove((owner_id, key))


def claim_request(platform: Platform, owner_id: UserId, key: str, fingerprint: str) -> Claim:
    """Begin a request, go on with one that its process has left, or find its answer.

    Raises `KeyReused` for another request than the key's first, and `RequestUnderWay` while that has no answer yet;
    to a caller that does not wait, an open operation is an answer.
    To be called by the one thread of this process that has entered the key.
    """
    with platform.unit_of_work() as work:
        at = timestamp(platform.clock.now())
        if work.answers.begin(owner_id, key, fingerprint=fingerprint, driver=platform.process_id, at=at):
            work.commit()
            return Claim(owner_id=owner_id, key=key)
        kept = work.answers.find(owner_id, key)
        if kept is None:  # forgotten between the two statements
            raise RequestUnderWay
        if kept.fingerprint != fingerprint:
            raise KeyReused
        if kept.status is not None:
            return Claim(owner_id=owner_id, key=key, given=_given(kept.status, kept), became=kept.became)
        if _goes_on(platform, kept) or not work.answers.take(
            owner_id, key, driver=platform.process_id, after=kept.driver
        ):
            raise RequestUnderWay
        work.commit()
    return Claim(owner_id=owner_id, key=key, became=kept.became)


def _given(status: int, kept: KeptAnswer) -> GivenAnswer:
    return GivenAnswer(status=status, headers=kept.headers or {}, body=kept.body or "")


def _goes_on(platform: Platform, kept: KeptAnswer) -> bool:
    """Whether a living process, or the operation by itself, will bring the answer."""
    if kept.operation_state in OPEN and not platform.origin.respond_async:
        return True
    return kept.driver != platform.process_id and kept.driver_lives


def keep_answer(platform: Platform, claim: Claim, answer: GivenAnswer) -> None:
    """The answer to every repeat from now on."""
    with platform.unit_of_work() as work:
        work.answers.settle(
            claim.owner_id,
            claim.key,
            platform.process_id,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
        )
        work.commit()


def forget_request(platform: Platform, claim: Claim) -> None:
    """The answer was to try again: a repeat does that, unless an operation has come of the request nevertheless."""
    with platform.unit_of_work() as work:
        work.answers.forget(claim.owner_id, claim.key, platform.process_id)
        work.commit()
