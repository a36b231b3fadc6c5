"""Revisions: whether what a caller has seen is still what is stored, judged where it is about to be changed."""

import hashlib

from broker.core.application import ApplicationParts
from broker.core.errors import PreconditionFailed
from broker.interfaces import Platform

LENGTH = 16


def revision_of(value: object) -> str:
    """A short text that is another one when the value is; an application's rises with each of its changes."""
    if isinstance(value, ApplicationParts):
        value = (value.application.application_id, value.application.generation)
    return hashlib.sha256(repr(value).encode()).hexdigest()[:LENGTH]


def check_revision(platform: Platform, value: object) -> None:
    """Raises `PreconditionFailed` unless it is what the caller has seen, or the caller asks for no such thing.

    To be called with the row held that is about to be changed.
    """
    wanted = platform.origin.if_match
    if wanted is not None and revision_of(value) not in wanted:
        raise PreconditionFailed
