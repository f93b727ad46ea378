"""Field values in a form that can be stored, compared and shown."""

import math
import re

from markupsafe import Markup
from pytz import utc

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.mail import html_sanitize, html_to_inner_content


def cell_text(name):
    """SQL of a raw field's text; a JSON list reads as a table would write it."""
    return SQL(
        "CASE jsonb_typeof(payload -> %(name)s) WHEN 'array' THEN"
        " (SELECT string_agg(item, '; ')"
        " FROM jsonb_array_elements_text(payload -> %(name)s) item)"
        " ELSE payload ->> %(name)s END",
        name=name,
    )


def portable(field, value):
    """Return ``value``, as given to create() or write(), as plain JSON.

    Dates become ISO text, many2many commands a sorted list of ids, empty values None.
    """
    if field.type == "many2many":
        ids = []
        for command in value or []:
            if command[0] == Command.SET:
                ids.extend(command[2])
            elif command[0] == Command.LINK:
                ids.append(command[1])
        return sorted(ids)
    if field.type in ("date", "datetime"):
        return (
            fields.Datetime.to_string(value)
            if field.type == "datetime" and value
            else (fields.Date.to_string(value) if value else None)
        )
    if field.type == "boolean":
        return bool(value)
    if field.type in ("integer", "float", "monetary", "many2one_reference"):
        return value or 0
    return str(value) if field.type == "html" and value else (value or None)


def read_portable(records, names):
    """Return ``{id: {field: portable value}}`` of what stands in the database."""
    result = {}
    # a link to an archived record is a link
    for record in records.with_context(active_test=False):
        values = {}
        for name in names:
            field = record._fields[name]
            value = record[name]
            if field.type == "many2one":
                value = value.id or None
            elif field.type == "many2many":
                value = sorted(value.ids)
            elif field.type == "datetime":
                value = fields.Datetime.to_string(value) if value else None
            elif field.type == "date":
                value = fields.Date.to_string(value) if value else None
            elif field.type == "boolean":
                value = bool(value)
            elif field.type in ("integer", "float", "monetary", "many2one_reference"):
                value = value or 0
            elif field.type == "html":
                value = str(value) if value else None
            else:
                value = value or None
            values[name] = value
        result[record.id] = values
    return result


#: Types whose column holds what the ORM would show.
_IN_COLUMNS = {"char", "text", "html", "selection", "many2one", "many2one_reference"}
_IN_COLUMNS |= {"integer", "float", "monetary", "boolean", "date", "datetime"}


def read_stored(records, names):
    """Return the same as :func:`read_portable`, of many records and as superuser.

    What has a column is read from the table, without a look at each value.
    """
    fields = [records._fields[name] for name in names]
    plain = [
        field
        for field in fields
        if field.store
        and field.column_type
        and field.type in _IN_COLUMNS
        and not (field.translate or field.company_dependent)
    ]
    others = [field.name for field in fields if field not in plain]
    result = read_portable(records, others) if others else {i: {} for i in records.ids}
    if not plain or not records:
        return result
    records.flush_model([field.name for field in plain])
    columns = SQL(", ").join(SQL.identifier(field.name) for field in plain)
    for res_id, *values in records.env.execute_query(
        SQL(
            "SELECT id, %s FROM %s WHERE id = ANY(%s)",
            columns,
            SQL.identifier(records._table),
            records.ids,
        )
    ):
        for field, value in zip(plain, values, strict=True):
            result[res_id][field.name] = portable(field, value)
    return result


def left_behind(record, base):
    """Return what Odoo made of the written values, where it differs, else False.

    HTML of which only layout and scripts changed (that is what sanitising is for) is
    taken over into ``base``: it is what the source says, written as Odoo writes it.
    """
    found = read_portable(record, list(base))[record.id]
    for name, value in found.items():
        field = record._fields[name]
        if field.type == "html" and value != base[name]:
            if is_sanitised(field, value, base[name] or ""):
                base[name] = value
    return {name: found[name] for name in base if found[name] != base[name]} or False


def is_sanitised(field, value, given):
    """Return whether ``value`` is what sanitising makes of ``given``."""
    text = _plain(field, value)
    if text == _plain(field, given):
        # by far the most; sanitising once more would double the cost of a note
        return True
    return text == _plain(field, html_sanitize(given, sanitize_style=True))


def verdict(field, expected, actual):
    """Return ``equal``, ``normalised``, ``overwritten`` or ``lost``.

    Normalised is a text of which only white space, case or layout differ; a number,
    a date or a reference is equal or it is not.
    """
    if _same(field, expected, actual):
        return "equal"
    if _empty(actual) and not _empty(expected):
        return "lost"
    is_text = field.type in ("char", "text", "html")
    if is_text and _plain(field, expected) == _plain(field, actual):
        return "normalised"
    return "overwritten"


def _same(field, expected, actual):
    if _empty(expected) and _empty(actual):
        return True
    if field.type in ("float", "monetary"):
        return _same_number(field, expected or 0, actual or 0)
    return expected == actual


def _same_number(field, expected, actual):
    """Numbers are equal to the last digit that the field keeps, money to the cent."""
    digits = field._digits if field.type == "float" else (16, 2)
    if isinstance(digits, str):
        # a named precision, which an administrator sets
        digits = (16, 2)
    if digits:
        return abs(expected - actual) <= 0.5 * 10 ** -digits[1]
    return math.isclose(expected, actual, rel_tol=1e-9)


def _empty(value):
    return value in (None, False, "", 0, [])


def _plain(field, value):
    """Return the text that a person would read, without layout; images count."""
    text = "" if value in (None, False) else str(value)
    if field.type == "html":
        images = len(re.findall(r"<img\b", text, re.IGNORECASE))
        text = f"{html_to_inner_content(Markup(text))} {images}"
    return re.sub(r"\s+", "", text).casefold()


def shown(env, model, name, value):
    """Return a stored value as a person reads it: names instead of ids."""
    field = model._fields.get(name)
    if field is None or value in (None, False, [], ""):
        return ""
    if field.type == "many2one":
        return env[field.comodel_name].browse(value).exists().display_name or ""
    if field.type == "many2many":
        return ", ".join(env[field.comodel_name].browse(value).mapped("display_name"))
    return str(value)[:1000]


def shown_to(env, model, name, value):
    """Return a stored value as :func:`shown`, moments in the user's time zone."""
    field = model._fields.get(name)
    if field is not None and field.type == "datetime" and value:
        moment = utc.localize(fields.Datetime.to_datetime(value))
        return fields.Datetime.to_string(moment.astimezone(env.tz))
    return shown(env, model, name, value)
