"""Readers of the source systems; plain Python without Odoo."""

from .base import BaseConnector, Page, Problem, RawRecord, SourceTable
from .files import BundleConnector, BundleLimits
