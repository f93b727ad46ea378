"""A value that a person types in, as plain JSON that write() accepts."""

from pytz import utc

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ...tools.converters import to_boolean, to_float, to_integer

_NUMBERS = {"integer": to_integer, "float": to_float, "monetary": to_float}


def parse_own(model, name, text, project=None):
    """Return the value of a field that ``text`` says; numbers and words as people do.

    A moment is read in the time zone of who types it.

    :param project: whose company the value has to be of, where it is a record
    :raise UserError: when there is no text, or the field cannot take it
    """
    field, text = model._fields[name], (text or "").strip()
    env = model.env
    if not text:
        raise UserError(env._("Type your own value first."))
    try:
        return _parse(model, field, text, project)
    except ValueError as error:
        label = field.get_description(env, ["string"])["string"]
        raise UserError(
            env._("“%(text)s” is no value for %(field)s.", text=text, field=label)
        ) from error


def _parse(model, field, text, project):
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
        return _record(model.env[field.comodel_name], field, text, project)
    if field.type == "html":
        return str(plaintext2html(text))
    # what only Odoo writes (the checksum of a file) cannot be typed in
    if field.type in ("char", "text") and not field.readonly:
        return text
    raise ValueError(text)


def _record(model, field, text, project):
    """Return the id of the one record of that name; a user has to be able to own."""
    found = model.browse(
        [res_id for res_id, _name in model.name_search(text, operator="=", limit=100)]
    )
    if project and model._name == "res.users" and len(found) == 1:
        # says what a user needs for it
        project._check_can_own(found)
    elif project and "company_id" in model._fields:
        company = project.company_id
        found = found.filtered_domain(model._check_company_domain(company))
    if not found:
        label = field.get_description(model.env, ["string"])["string"]
        raise UserError(
            model.env._(
                "No %(field)s that this project may use is called “%(text)s”: type the "
                "whole name as Odoo shows it.",
                field=label,
                text=text,
            )
        )
    if len(found) > 1:
        raise UserError(
            model.env._(
                "%(count)s records are called “%(text)s”: set it in Odoo, then press "
                "“Keep Odoo”.",
                count=len(found),
                text=text,
            )
        )
    return found.id


def _choice(model, field, text):
    for value, label in field._description_selection(model.env):
        if text.casefold() in (str(value).casefold(), str(label).casefold()):
            return value
    raise ValueError(text)
