"""A record and its candidates side by side, for the person who decides."""

from markupsafe import Markup

from odoo.tools import format_datetime

from ...tools.converters import to_text
from ...tools.dates import parse_datetime
from ...tools.fingerprint import fold
from ..map.pipelines import lines_by_target

_CREATED = "x_source_created_on"
#: fields shown, on contacts and on leads
_SHOWN = {
    "name": ("name", "contact_name"),
    "email": ("email", "email_from"),
    "phone": ("phone", "phone"),
    "function": ("function", "function"),
    "parent_id": ("parent_id", "partner_name"),
    "vat": ("vat", ""),
    "street": ("street", "street"),
    "city": ("city", "city"),
    "website": ("website", "website"),
    _CREATED: (_CREATED, _CREATED),
}


def comparison(match):
    """Return an HTML table: a row a field, a column a record; what differs is bold."""
    env = match.env
    columns = [_of_staged(match.staged_record_id)]
    heads = [env._("This record")]
    for candidate in match.candidate_ids[:4]:
        heads.append(candidate.display_name)
        columns.append(
            _of_record(env, candidate)
            if candidate.res_model
            else _of_staged(candidate.staged_record_id)
        )
    labels = env["res.partner"].fields_get(list(_SHOWN), ["string"])
    rows = Markup()
    for name in _SHOWN:
        texts = [column.get(name, "") for column in columns]
        if any(texts):
            label = labels.get(name, {}).get("string") or env._("Created at Source")
            rows += _row(label, texts)
    cells = Markup().join(Markup("<th>%s</th>") % head for head in ["", *heads])
    return Markup(
        '<table class="table table-sm o_main_table"><thead><tr>%s</tr></thead>'
        "<tbody>%s</tbody></table>"
    ) % (cells, rows)


def _row(label, texts):
    cells = Markup("<th>%s</th><td>%s</td>") % (label, texts[0])
    for text in texts[1:]:
        same = fold(text) == fold(texts[0])
        cell = Markup("<td>%s</td>") if same else Markup("<td><b>%s</b></td>")
        cells += cell % text
    return Markup("<tr>%s</tr>") % cells


def _of_staged(record):
    """Return the source's own texts of the fields that are shown."""
    lines = lines_by_target(record.object_id)
    payload = record.payload or {}
    found = {
        name: to_text(payload.get(lines[name].source_field)) or ""
        for name in _SHOWN
        if name in lines
    }
    if found.get(_CREATED):
        moment = _moment(found[_CREATED], lines[_CREATED])
        found[_CREATED] = _local(record.env, moment) or found[_CREATED]
    return found | {"name": record.name or ""}


def _moment(text, line):
    """Return the UTC moment that a source's text means, None if it means none."""
    zone = line.project_id.source_timezone
    try:
        return line.date_format and parse_datetime(text, line.date_format, zone)
    except ValueError:
        return None


def _local(env, moment):
    """Return a moment as the person sees it: the same one always looks the same."""
    return format_datetime(env, moment) if moment else ""


def _of_record(env, candidate):
    record = env[candidate.res_model].browse(candidate.res_id).exists()
    if not record or not record.has_access("read"):
        return {"name": candidate.name}
    place = 0 if record._name == "res.partner" else 1
    found = {}
    for name, fields in _SHOWN.items():
        field = fields[place]
        if name == _CREATED:
            # what another source said counts more than the day it came into Odoo
            own = _CREATED in record._fields and record[_CREATED]
            found[name] = _local(env, own or record.create_date)
        elif field:
            value = record[field]
            is_link = record._fields[field].type == "many2one"
            found[name] = str((value.display_name if is_link else value) or "")
    return found
