"""Give back what stood in records that existed before, field by field."""

from odoo.fields import Command
from odoo.tools import SQL

from ..edits import changed_values
from ..values import read_portable

#: Kept beside the fields: whose record it was before we wrote to it, and when.
STAMP = ("write_date", "write_uid")


def stamp_of(record):
    """Return when and by whom a record was last written, to be put back one day."""
    if not record._log_access:
        return {}
    record.flush_recordset()
    found = record.env.execute_query(
        SQL(
            "SELECT write_date::text, write_uid FROM %s WHERE id = %s",
            SQL.identifier(record._table),
            record.id,
        )
    )
    return dict(zip(STAMP, found[0], strict=True)) if found else {}


def keep_owner(record, vals):
    """Return ``vals`` for a record that exists, without a side effect.

    Odoo gives a contact salesperson and language of its company when it joins one.
    """
    if record._name == "res.partner" and "parent_id" in vals:
        return {"user_id": record.user_id.id, "lang": record.lang} | vals
    return dict(vals)


def is_restorable(link):
    """Return whether a crosswalk row says what an existing record had before."""
    return link.origin == "matched" and bool(link.previous_values)


def edited_fields(link):
    """Return the names of the fields that a person changed after we filled them."""
    model = link.env[link.res_model]
    names = changed_values(link.env, link.res_model, link).get(link, [])
    return [name for name in names if model._fields[name].type != "many2many"]


def why_restored(link):
    """Return the sentence that the rollback plan shows for the record."""
    env = link.env
    kept = edited_fields(link)
    names = [name for name in link.previous_values if name not in STAMP]
    text = env._("Existed before: %s as before.", _labels(link, set(names) - set(kept)))
    if kept:
        text += " " + env._("Edited since and kept: %s.", _labels(link, kept))
    return text


def _labels(link, names):
    fields = link.env[link.res_model]._fields
    return ", ".join(
        fields[name].get_description(link.env, ["string"])["string"]
        for name in sorted(names)
        if name in fields
    )


def restore(link):
    """Put the old values back where ours still stand; of lists, take out only ours."""
    record = link.env[link.res_model].browse(link.res_id).exists()
    if not record:
        return
    before = link.previous_values or {}
    kept = edited_fields(link)
    left = (link.base_values or {}) | (link.left_values or {})
    names = [n for n in left if n in record._fields and n not in kept and n in before]
    now = read_portable(record, names)[record.id]
    vals = {}
    for name in names:
        field = record._fields[name]
        if field.type == "many2many":
            ours = {*(left[name] or [])} - {*(before[name] or [])}
            gone = sorted(ours & {*now[name]})
            if gone:
                vals[name] = [Command.unlink(res_id) for res_id in gone]
        elif now[name] != before[name]:
            vals[name] = before[name] or False
    stamp = _stamp_after(link, record)
    if vals:
        record.write(vals)
    put_stamp(record, stamp)


def _stamp_after(link, record):
    """A person's later edit keeps its date; else the record looks as it did."""
    now, before = stamp_of(record), link.previous_values or {}
    robot = link.env.ref("base.user_root").id
    if not now or now["write_uid"] != robot or "write_date" not in before:
        return now
    return {name: before[name] for name in STAMP}


def put_stamp(record, stamp):
    """Write when and by whom a record was last written, see :func:`stamp_of`."""
    if not stamp:
        return
    record.flush_recordset()
    record.env.cr.execute(
        SQL(
            "UPDATE %s SET write_date = %s, write_uid = %s WHERE id = %s",
            SQL.identifier(record._table),
            stamp["write_date"],
            stamp["write_uid"],
            record.id,
        )
    )
    record.invalidate_recordset([*STAMP], flush=False)
