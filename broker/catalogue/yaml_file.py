"""A file of the operator's or of ours, read as YAML."""

from pathlib import Path

import yaml

from broker.catalogue.section import MalformedManifest

# The one in C, where it was built, is ten times as fast, and every command reads the catalogue.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def document_of(path: Path) -> object:
    """What the file says; raises `MalformedManifest` where it cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 both loaders are safe ones
    # A number or a date that Python cannot hold is a ValueError.
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise MalformedManifest(path, None, f"not readable as YAML: {error}") from error
