"""Schema: what Odoo needs before data can land; planned, confirmed, made."""
