"""One line of a diagnosis, and how all of them are gathered in time."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from broker.core.redaction import redacted


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was seen of `subject`, and what to do where something is wrong."""

    subject: str
    level: Level
    text: str
    advice: str = ""

    def to_wire(self) -> dict[str, str]:
        """As JSON shows it, without any password."""
        return {
            "subject": self.subject,
            "level": self.level.value,
            "text": redacted(self.text),
            "advice": redacted(self.advice),
        }


Check = Callable[[], Sequence[Finding]]


def ok(subject: str, text: str) -> Finding:
    """All is well."""
    return Finding(subject=subject, level=Level.OK, text=text)


def warning(subject: str, text: str, advice: str) -> Finding:
    """It works, and somebody should look."""
    return Finding(subject=subject, level=Level.WARNING, text=text, advice=advice)


def problem(subject: str, text: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(subject=subject, level=Level.PROBLEM, text=text, advice=advice)


def gathered(checks: Sequence[tuple[str, Check]], *, seconds: float) -> list[Finding]:
    """Run all checks at once; one that has not ended in time, or fails, is a problem of its subject."""
    found: dict[str, Sequence[Finding]] = {}

    def run(subject: str, check: Check) -> None:
        try:
            found[subject] = check()
        except Exception as error:  # noqa: BLE001 what a check runs into is what it has found
            told = " ".join(str(error).split()) or type(error).__name__
            found[subject] = [problem(subject, f"cannot be checked: {told}", "See what it says.")]

    late = threading.Event()
    timer = threading.Timer(seconds, late.set)
    timer.daemon = True
    timer.start()
    threads = [threading.Thread(target=run, args=each, daemon=True) for each in checks]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and not late.is_set():
            thread.join(0.02)
    timer.cancel()
    silent = f"did not answer in {seconds:g} seconds"
    return [
        finding
        for subject, _ in checks
        for finding in found.get(subject, [problem(subject, silent, "Check its address, and that it is up.")])
    ]
