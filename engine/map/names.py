"""Names of custom models and fields: valid, readable, and nobody else's."""

import re

from odoo.tools.sql import table_exists

from ...tools.fingerprint import derived_id, normalise_header


def custom_field_name(header, used=()):
    """Return a valid custom field name; one that is in use gets a hash behind it."""
    plain = normalise_header(header)
    text = _slug(plain)[:45]
    if text and plain.isascii() and f"x_{text}" not in used:
        return f"x_{text}"
    return f"x_{text or 'field'}_{derived_id(header)[:8]}"


def custom_model_name(kind, is_taken):
    """Return a valid name for a custom model; a number tells it from one there is.

    :param is_taken: tells whether a name belongs to somebody else
    """
    plain = normalise_header(kind)
    base = _slug(plain)[:40] or "object"
    if not plain.isascii():
        base = f"{base[:31]}_{derived_id(kind)[:8]}"
    name, number = f"x_{base}", 1
    while is_taken(name):
        number += 1
        name = f"x_{base}_{number}"
    return name


def settle_model(obj):
    """Give the object a name for its model that nobody else has.

    A model that is there and not made for this object belongs to somebody: to another
    project as well, for what one project makes it has to be able to take away again.
    """
    project = obj.project_id
    if project._schema_links().get(("model", obj.name)):
        return
    env = obj.env
    others = set((project.object_ids - obj).mapped("target_model"))

    def is_taken(name):
        return (
            name in others
            or bool(env["ir.model"]._get_id(name))
            # of a list of links that somebody made
            or table_exists(env.cr, name)
        )

    if not obj.target_model or is_taken(obj.target_model):
        obj.target_model = custom_model_name(obj.name.partition(":")[2], is_taken)


def _slug(text):
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")
