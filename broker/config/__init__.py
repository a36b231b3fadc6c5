"""Settings: one frozen value, built once from file and environment, and refused if any of it is wrong."""

from broker.config.maintenance import maintenance_text
from broker.config.settings import Settings, load_settings, setting_names
from broker.core.errors import ConfigurationError
from broker.core.redaction import redacted

__all__ = ["ConfigurationError", "Settings", "load_settings", "maintenance_text", "redacted", "setting_names"]
