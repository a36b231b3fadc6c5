"""What clients are told while the operator has closed the broker."""

from pathlib import Path
from typing import Final

from broker.config.settings import Settings
from broker.core.errors import ConfigurationError

USUAL: Final = "The broker is closed for maintenance. Please try again later."
LONGEST: Final = 4000


def maintenance_text(settings: Settings) -> str:
    """The text that requests are answered with, empty where the broker is open.

    Raises `ConfigurationError` where the file that has it cannot be read, or has nothing in it or far too much.
    """
    if not settings.maintenance_mode:
        return ""
    if not settings.maintenance_file:
        return USUAL
    name = "MAINTENANCE_NOTIFICATION_FILE"
    try:
        text = Path(settings.maintenance_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name} {settings.maintenance_file} cannot be read: {error}.", field=name) from error
    if not 0 < len(text) <= LONGEST:
        raise ConfigurationError(
            f"{name} {settings.maintenance_file} must have 1 to {LONGEST} characters of text.", field=name
        )
    return text
