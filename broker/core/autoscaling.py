"""When load asks for one gear more or one fewer: moving averages, two thresholds, and patience."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from broker.core.limits import UNLIMITED

LOCAL_WINDOW: Final = 11
REMOTE_WINDOW: Final = 10


class ScaleDecision(StrEnum):
    """What one pass decides."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalerSettings:
    """The constants of the algorithm; percentages are of the sessions that all gears should carry."""

    sessions_per_gear: float = 16.0
    up_percent: float = 90.0
    low_passes_needed: int = 20
    flap_protection_seconds: float = 600.0
    error_hold_off_seconds: float = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalerMemory:
    """What is carried from pass to pass; times are seconds of any one clock.

    `last_up_at` starts as the time of the first pass, so that a fresh scaler removes nothing at once.
    """

    last_up_at: float
    failed_at: float | None = None
    low_passes: int = 0
    local: tuple[int, ...] = ()
    remote: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def observe(memory: ScalerMemory, local: int, remote: Mapping[str, int | None]) -> tuple[ScalerMemory, int]:
    """The averaged sessions in flight, each average cut to an integer, and the memory with the new samples.

    `remote` has the sessions of the other proxy gears by gear; None when one did not answer: it adds nothing
    in this pass, and its samples stay. A proxy gear that is not named is forgotten.
    """
    own = (*memory.local, local)[-LOCAL_WINDOW:]
    total = sum(own) // len(own)
    windows: dict[str, tuple[int, ...]] = {}
    for name, sessions in remote.items():
        window = memory.remote.get(name, ())
        if sessions is not None:
            window = (*window, sessions)[-REMOTE_WINDOW:]
            total += sum(window) // len(window)
        windows[name] = window
    return replace(memory, local=own, remote=windows), total


def capacity_percent(sessions: int, gears: int, settings: ScalerSettings) -> float:
    """How much of what the gears should carry is in flight."""
    return sessions / gears / settings.sessions_per_gear * 100


def down_percent(gears: int, settings: ScalerSettings) -> float:
    """Below this a gear could go without the rest coming near the up threshold; 1 for a single gear."""
    if gears <= 1:
        return 1.0
    return settings.up_percent * max(1 - 1 / gears, 0.85) - settings.up_percent / gears


def decide(
    memory: ScalerMemory,
    *,
    sessions: int,
    gears: int,
    minimum: int,
    maximum: int,
    now: float,
    settings: ScalerSettings,
) -> tuple[ScaleDecision, ScalerMemory]:
    """What to do with `sessions` in flight on `gears` gears, and the memory for the next pass.

    After a failed scale call nothing at all is done for the hold-off. An application with a `maximum` of -1
    grows without end. Growing needs one pass; shrinking needs `low_passes_needed` low passes in a row, and
    the flap protection since the last attempt to grow to have passed.
    """
    if memory.failed_at is not None and now - memory.failed_at <= settings.error_hold_off_seconds:
        return ScaleDecision.NONE, memory
    capacity = capacity_percent(sessions, gears, settings)
    if capacity >= settings.up_percent:
        if maximum == UNLIMITED or gears < maximum:
            return ScaleDecision.UP, replace(memory, low_passes=0, last_up_at=now)
        return ScaleDecision.NONE, replace(memory, low_passes=0)
    if capacity >= down_percent(gears, settings) or gears <= 1:
        return ScaleDecision.NONE, replace(memory, low_passes=0)
    low = min(memory.low_passes + 1, settings.low_passes_needed)
    if low < settings.low_passes_needed or now - memory.last_up_at <= settings.flap_protection_seconds:
        return ScaleDecision.NONE, replace(memory, low_passes=low)
    decision = ScaleDecision.DOWN if gears > minimum else ScaleDecision.NONE
    return decision, replace(memory, low_passes=0)


def after_failure(memory: ScalerMemory, now: float) -> ScalerMemory:
    """The memory once a scale call has failed: the hold-off begins."""
    return replace(memory, failed_at=now)
