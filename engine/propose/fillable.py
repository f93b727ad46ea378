"""Which fields a map may fill: an allow list, since the engines write as superuser.

A map is made by people who may not write everywhere, and values come from a
stranger's file. What is allowed is what the preset itself fills, with the preset's own
transform; custom fields; and, on contacts and opportunities, plain stored fields.
"""

from odoo.models import MAGIC_COLUMNS

SCALARS = {"char", "text", "html", "integer", "float", "monetary", "date", "datetime"}
_TEXT = {"char", "text", "html"}
_NUMBER = {"float", "monetary"}
#: transform -> types of a custom field that its values can go into
_TAKEN_BY = {
    **dict.fromkeys(("text", "html_text", "html", "email", "phone", "url"), _TEXT),
    **dict.fromkeys(("float", "money", "percent", "share"), _NUMBER),
    "integer": {"integer", *_NUMBER},
    "monetary": _NUMBER,
    "boolean": {"boolean"},
    "date": {"date"},
    "datetime": {"datetime"},
    "selection": {"selection"},
    "multi_selection": {"many2many"},
    "reference": {"many2one"},
}
#: transforms whose values lead to other records, or to one of few
_CHOICES = {"selection", "multi_selection", "reference", "monetary"}
#: transforms that give a plain value and look nothing up
PLAIN = {
    "text",
    "html_text",
    "html",
    "integer",
    "float",
    "money",
    "percent",
    "share",
    "boolean",
    "date",
    "datetime",
    "email",
    "phone",
    "url",
}
#: transforms that look up other records of the source
LINKS = {"reference", "names", "owner", "list"}
#: targets of records of which there are several kinds
KINDS = ("custom", "custom_fields")
#: two ways to write a percentage; which one it is depends on the source's settings
_PERCENTAGES = {"percent", "share"}
#: targets whose model people fill by hand as well
_OPEN_TARGETS = {"partner", "contact", "lead"}
#: relations that a person may fill from a field of their own
LOOKUPS = {
    ("source_id", "source"),
    ("medium_id", "medium"),
    ("campaign_id", "campaign"),
    ("industry_id", "industry"),
    ("lang", "language"),
}
_CLOSED_PREFIXES = ("message_", "activity_", "signup_", "access_", "lead_properties")


def is_fillable(obj, name, transform):
    """Return whether records of ``obj`` may get ``name`` by ``transform``."""
    if not obj.target or not name:
        return False
    for spec in obj._spec().get("fields", {}).values():
        if spec.get("target") == name:
            own = spec.get("transform", "text")
            return transform == own or {transform, own} == _PERCENTAGES
    if name == obj._spec().get("other"):
        return transform == "text"
    if obj.target == "custom_fields" and name == "_linked":
        return transform == "reference"
    if obj.target in KINDS and transform in LINKS and name.startswith("x_"):
        # what a kind refers to is known from its records, not from the preset
        field = obj._target_fields().get(name)
        return name != "x_company_id" and (field is None or field.manual)
    if name.startswith("x_"):
        if not obj._field_models():
            # what the target makes readable text of
            return transform in PLAIN
        return is_custom(obj._target_fields().get(name), transform)
    field = obj._target_fields().get(name)
    if obj.target not in _OPEN_TARGETS or field is None:
        return False
    return (name, transform) in LOOKUPS or (transform in PLAIN and _is_plain(field))


def is_custom(field, transform="text"):
    """Return whether a custom field can take a value (None: it is still to be made)."""
    if field is None:
        return transform in PLAIN | _CHOICES
    return bool(field.manual and field.store and takes(field, transform))


def fits_new(ttype, transform):
    """Return whether a field that is still to be made would hold the values."""
    return transform not in _TAKEN_BY or ttype in _TAKEN_BY[transform]


def takes(field, transform):
    """Return whether a field of that type holds what the transform gives.

    Of several values only those of a custom model: nothing else may be reached by a
    name in a file.
    """
    if field.type == "many2many" and not field.comodel_name.startswith("x_"):
        return False
    return field.type in _TAKEN_BY.get(transform, ())


def _is_plain(field):
    return (
        field.store
        and field.type in SCALARS
        and field.name not in MAGIC_COLUMNS
        and not field.name.startswith(_CLOSED_PREFIXES)
        and not field.groups
        and not field.related
        and not field.company_dependent
        and not (field.compute and field.readonly)
    )
