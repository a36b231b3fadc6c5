"""One answer a key: what was sent for it first is sent again, and a request is never done twice."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from flask import Response, g

from broker.api.errors import refused
from broker.api.manner import current_manner
from broker.core.access import Scopes
from broker.core.errors import Refusal, StorageUnavailable
from broker.core.ids import UserId
from broker.interfaces import Platform
from broker.usecases.repeating import Claim, GivenAnswer, UnderWay, claim_request, forget_request, keep_answer

_log = logging.getLogger(__name__)

REPLAYED: Final = "Idempotency-Replayed"
# Of what is sent, only what belongs to the answer itself; who asks and when is said anew.
KEPT_HEADERS: Final = ("Content-Type", "Location", "Preference-Applied", "Allow", "Link")
REFUSED: Final = 400
SERVER_ERROR: Final = 500


def fingerprint_of(method: str, path: str, parameters: Mapping[str, object], scopes: Scopes) -> str:
    """What makes two requests the same: method, path and parameters, in any order; a JSON number is not its text.

    What may be done with the credential belongs to it: an answer is for who may do no less and no more.
    """
    text = json.dumps([method, path, parameters, sorted(map(str, scopes.each))], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerBook:
    """Answers by owner and key, in the database; `under_way` is what this process is at."""

    under_way: UnderWay = field(default_factory=UnderWay)

    def answer(
        self,
        platform: Platform,
        owner_id: UserId,
        key: str,
        fingerprint: str,
        *,
        do: Callable[[], Response],
        recall: Callable[[str], Response],
        check: Callable[[str | None], None],
        keeps: bool = True,
    ) -> Response:
        """The answer to a request: that of the first time, or what `do` makes.

        Where the first answer was lost and the request has been done, `recall` makes it of what came of it. Refusals
        are answers as well; a status from 500 on is not kept. Without `keeps` no success is kept either, because it
        holds a secret: a repeat is answered by `recall`. Before any repeat is answered `check` is given what came of
        the request, and raises what whoever may not be told any more is refused with.
        """
        with self.under_way.entered(owner_id, key):
            try:
                claim = claim_request(platform, owner_id, key, fingerprint)
                _check(platform, claim, check)
            except StorageUnavailable as away:
                raise _repeatable(away) from away
            if claim.given is not None:
                return _again(claim.given)
            lost = claim.became
            response = _made(platform, claim, do if lost is None else lambda: recall(lost))
            _note(platform, claim, response, keeps=keeps and not g.get("secret", False))
            if lost is not None:
                response.headers[REPLAYED] = "true"
            return response


def _check(platform: Platform, claim: Claim, check: Callable[[str | None], None]) -> None:
    if claim.given is None and claim.became is None:
        return
    try:
        check(claim.became)
    except Refusal:
        if claim.given is None:
            forget_request(platform, claim)  # it is not this refusal that the next repeat is to be given
        raise


def _repeatable(away: StorageUnavailable) -> StorageUnavailable:
    """The same, said to who has a key: an earlier try may have changed something, and a repeat does nothing twice."""
    away.text = (
        "The database cannot be used now. Please try again with the same Idempotency-Key: nothing is done twice."
    )
    return away


def _note(platform: Platform, claim: Claim, response: Response, *, keeps: bool) -> None:
    """Keep the answer, or that there is none; an answer to what has been done is sent even if it cannot be kept."""
    try:
        if response.status_code >= SERVER_ERROR or not (keeps or response.status_code >= REFUSED):
            forget_request(platform, claim)
        else:
            keep_answer(platform, claim, _kept(response))
    except StorageUnavailable as away:
        # What came of the request was noted with the change itself, and a repeat is answered from that.
        _log.warning("an answer could not be kept", extra={"reference": g.reference, "reason": away.text})


def _made(platform: Platform, claim: Claim, make: Callable[[], Response]) -> Response:
    try:
        return make()
    except StorageUnavailable as away:
        return refused(_repeatable(away), current_manner())
    except Refusal as refusal:
        return refused(refusal, current_manner())
    except Exception:
        forget_request(platform, claim)
        raise


def _kept(response: Response) -> GivenAnswer:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return GivenAnswer(status=response.status_code, headers=headers, body=response.get_data(as_text=True))


def _again(given: GivenAnswer) -> Response:
    response = Response(given.body, status=given.status)
    response.headers.update({name: str(value) for name, value in given.headers.items()})
    response.headers[REPLAYED] = "true"
    return response
