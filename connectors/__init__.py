"""Readers of the source systems; plain Python without Odoo."""

from .base import BaseConnector, Problem, RawRecord, SourceTable
from .bundle import BundleConnector
from .limits import BundleLimits
