"""What `scale-up` and `scale-down` ask for, and whether the limits of the gear group allow it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.core.errors import AboveMaximum, BelowMinimum, ScalingRefused
from broker.core.limits import UNLIMITED

LARGEST_NUMBER: Final = 2**31 - 1


class ScaleDirection(StrEnum):
    """The event that asks for it."""

    UP = "scale-up"
    DOWN = "scale-down"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleChange:
    """From how many gears of the group to how many."""

    current: int
    target: int

    @property
    def delta(self) -> int:
        """Gears to add, or, negative, to take away."""
        return self.target - self.current


def parse_number(value: str | int | None) -> int | None:
    """The integer that a request gives, or None for what is none: such a parameter counts as not given.

    Anything beyond `LARGEST_NUMBER` either way stands for `LARGEST_NUMBER`; no limit lets that through.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return max(-LARGEST_NUMBER, min(value, LARGEST_NUMBER))
    text = value.strip()
    digits = text[1:] if text[:1] in {"+", "-"} else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    significant = digits.lstrip("0")
    number = LARGEST_NUMBER if len(significant) > len(str(LARGEST_NUMBER)) else int(significant or "0")
    return parse_number(-number if text.startswith("-") else number)


def requested_change(
    direction: ScaleDirection, current: int, *, by: str | int | None = None, to: str | int | None = None
) -> ScaleChange:
    """What the event means: `to` gears; else `by` more, or fewer for scale-down; else one.

    A negative `by` turns the direction round. What is no number is ignored.
    """
    target = parse_number(to)
    if target is None:
        step = parse_number(by)
        step = 1 if step is None else step
        target = current + (step if direction is ScaleDirection.UP else -step)
    return ScaleChange(current=current, target=target)


def check_scalable(application: str, *, has_web_cartridge: bool, scalable: bool) -> None:
    """ScalingRefused when the application is not one that scales."""
    if not has_web_cartridge:
        raise ScalingRefused(f"Application {application} does not have a web cartridge to scale.")
    if not scalable:
        raise ScalingRefused(f"Application {application} is not scalable")


def check_change(change: ScaleChange, minimum: int, maximum: int) -> None:
    """BelowMinimum or AboveMaximum when the limits forbid the change.

    A group that limits have come to exclude may still be changed towards them: only the limit ahead is asked.
    """
    if change.delta < 0 and change.target < minimum:
        raise BelowMinimum(minimum)
    if change.delta > 0 and maximum != UNLIMITED and change.target > max(minimum, maximum):
        raise AboveMaximum(max(minimum, maximum))


def plan_scale(
    direction: ScaleDirection,
    current: int,
    *,
    minimum: int,
    maximum: int,
    by: str | int | None = None,
    to: str | int | None = None,
) -> ScaleChange:
    """The change that the event asks for, once the limits have been asked."""
    change = requested_change(direction, current, by=by, to=to)
    check_change(change, minimum, maximum)
    return change
