"""The catalogue: which cartridges there are, read from manifests in the field's own form."""

from broker.catalogue.download import DownloadedCartridges
from broker.catalogue.offered import offered_cartridges, offered_quickstarts
from broker.catalogue.reader import read_catalogue, shipped_manifests
from broker.catalogue.section import MalformedManifest

__all__ = [
    "DownloadedCartridges",
    "MalformedManifest",
    "offered_cartridges",
    "offered_quickstarts",
    "read_catalogue",
    "shipped_manifests",
]
