"""Map: how a raw record becomes the values that Odoo gets."""
