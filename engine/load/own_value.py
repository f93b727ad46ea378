"""A value that a person types in, as plain JSON that write() accepts."""

from pytz import utc

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ...tools.converters import to_boolean, to_float, to_integer

_NUMBERS = {"integer": to_integer, "float": to_float, "monetary": to_float}


def parse_own(model, name, text):
    """Return the value of a field that ``text`` says; numbers and words as people do.

    A moment is read in the time zone of who types it.

    :raise UserError: when there is no text, or the field cannot take it
    """
    field, text = model._fields[name], (text or "").strip()
    env = model.env
    if not text:
        raise UserError(env._("Type your own value first."))
    try:
        return _parse(model, field, text)
    except ValueError as error:
        label = field.get_description(env, ["string"])["string"]
        raise UserError(
            env._("“%(text)s” is no value for %(field)s.", text=text, field=label)
        ) from error


def _parse(model, field, text):
    if field.type in _NUMBERS:
        return _NUMBERS[field.type](text)
    if field.type == "boolean":
        return to_boolean(text)
    if field.type == "date":
        return fields.Date.to_string(fields.Date.to_date(text))
    if field.type == "datetime":
        local = model.env.tz.localize(fields.Datetime.to_datetime(text))
        return fields.Datetime.to_string(local.astimezone(utc).replace(tzinfo=None))
    if field.type == "selection":
        return _choice(model, field, text)
    if field.type == "many2one":
        found = model.env[field.comodel_name].name_search(text, operator="=", limit=2)
        if len(found) != 1:
            raise ValueError(text)
        return found[0][0]
    if field.type == "html":
        return str(plaintext2html(text))
    # what only Odoo writes (the checksum of a file) cannot be typed in
    if field.type in ("char", "text") and not field.readonly:
        return text
    raise ValueError(text)


def _choice(model, field, text):
    for value, label in field._description_selection(model.env):
        if text.casefold() in (str(value).casefold(), str(label).casefold()):
            return value
    raise ValueError(text)
