"""Live sources over HTTP: REST and GraphQL."""

from .options import WebOptions
