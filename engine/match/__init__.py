"""Match: which records are the same, in the source and in Odoo."""
