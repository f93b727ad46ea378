"""Owners: who of the source is whom in Odoo."""
