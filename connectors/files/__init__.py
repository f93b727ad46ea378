"""Reader of exports uploaded by hand: ZIP, CSV, XLSX, JSON, JSON Lines, binaries."""

from .bundle import BundleConnector
from .limits import BundleLimits
