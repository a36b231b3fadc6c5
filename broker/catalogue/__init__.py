"""The catalogue: which cartridges there are, read from manifests in the field's own form."""

from broker.catalogue.reader import read_catalogue, shipped_manifests
from broker.catalogue.section import MalformedManifest

__all__ = ["MalformedManifest", "read_catalogue", "shipped_manifests"]
