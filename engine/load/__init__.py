"""Load: staged records into Odoo, in order, exactly once; changes of the source too."""
