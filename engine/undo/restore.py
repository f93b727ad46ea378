"""Give back what stood in records that existed before, field by field."""

from contextlib import contextmanager

from odoo.fields import Command
from odoo.tools import SQL

from ..edits import changed_values, written_since
from ..values import read_portable

#: Kept beside the fields: whose record it was before we wrote to it, and when.
STAMP = ("write_date", "write_uid")
#: Types of columns that may be empty although the field reads 0 or no.
_PLAIN = {"integer", "float", "monetary", "boolean"}
#: Odoo's guesses, which it makes anew whenever it is asked; nobody may edit them.
_GUESSES = {"automated_probability"}


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


def values_before(record, names):
    """Return what stands in the fields, for the rollback: a number may be no number."""
    record.flush_recordset()
    before = read_portable(record, names)[record.id] | stamp_of(record)
    if not (plain := _plain_columns(record, names)):
        return before
    columns = SQL(", ").join(map(SQL.identifier, plain))
    found = record.env.execute_query(
        SQL(
            "SELECT %s FROM %s WHERE id = %s",
            columns,
            SQL.identifier(record._table),
            record.id,
        )
    )
    empty = [n for n, value in zip(plain, found[0], strict=True) if value is None]
    return before | dict.fromkeys(empty)


def _plain_columns(record, names):
    """Return the names of fields of which Odoo reads an empty column as 0 or no."""
    fields = [record._fields[name] for name in names]
    return [
        field.name
        for field in fields
        if field.type in _PLAIN and field.store and not field.company_dependent
    ]


def keep_owner(record, vals):
    """Return ``vals`` for a record that existed before, with what goes along with them.

    Odoo gives a contact salesperson and language of its company when it joins one,
    and takes away the name of a company that was only typed.
    """
    if record._name != "res.partner" or "parent_id" not in vals:
        return dict(vals)
    typed = {"company_name": False} if record.company_name else {}
    return {"user_id": record.user_id.id, "lang": record.lang} | typed | vals


@contextmanager
def alone(record, names):
    """Change nothing but these fields, neither here nor in records that refer to it.

    A contact's new phone number goes into the leads that refer to it, the salesperson
    of its new company to the contact: what people may edit stays as it is. What Odoo
    only computes (the company above a contact) follows, but its record keeps the date
    of its last change: nobody has edited it.
    """
    env = record.env
    fields = [record._fields[name] for name in names]
    tree = record.pool.get_trigger_tree(fields, lambda f: f.compute and f.store)
    sticky, others = [], {}
    for field, records, _is_new in record._modified_triggers(tree):
        if _is_sticky(field) and field not in fields:
            sticky.append(([field], records))
        elif records._log_access:
            others.setdefault(records._name, set()).update(records.ids)
    # the record itself is written
    others.get(record._name, set()).discard(record.id)
    env.flush_all()
    stamps = {model: _stamps(env[model], ids) for model, ids in others.items()}
    with env.protecting(sticky):
        yield
        env.flush_all()
    for model, rows in stamps.items():
        _put_stamps(env[model], rows)


def _stamps(model, ids):
    return model.env.execute_query(
        SQL(
            "SELECT id, write_date, write_uid FROM %s WHERE id = ANY(%s)",
            SQL.identifier(model._table),
            list(ids),
        )
    )


def _put_stamps(model, rows):
    if not rows:
        return
    ids, days, users = zip(*rows, strict=True)
    model.env.cr.execute(
        SQL(
            "UPDATE %s AS target SET write_date = old.day, write_uid = old.person"
            " FROM unnest(%s::int[], %s::timestamp[], %s::int[])"
            " AS old(id, day, person)"
            " WHERE target.id = old.id AND target.write_date <> old.day",
            SQL.identifier(model._table),
            *(list(ids), list(days), list(users)),
        )
    )
    model.browse(ids).invalidate_recordset(STAMP, flush=False)


def _is_sticky(field):
    """Whether a stored value is more than what Odoo computes from others any time."""
    is_free = not field.readonly or field.name in _GUESSES
    return bool(field.compute and field.store and is_free)


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


def going_back(links):
    """Return ``{link: {field: (what stands there, what comes back)}}``.

    Only where ours still stands. Of lists what comes back is the list without ours:
    a person may have added to it.

    :param links: crosswalk rows of one model, of records that existed before
    """
    model = links.env[links[:1].res_model]
    edited = changed_values(links.env, model._name, links)
    names = {name for link in links for name in link.previous_values or {}}
    names = [name for name in names if name in model._fields and name not in STAMP]
    records = model.browse(links.mapped("res_id")).exists()
    found = read_portable(records, names)
    result = {}
    for link in links:
        before, now = link.previous_values or {}, found.get(link.res_id)
        left = (link.base_values or {}) | (link.left_values or {})
        result[link] = values = {}
        for name in names if now is not None else ():
            if name not in left or name not in before:
                continue
            if model._fields[name].type == "many2many":
                ours = {*(left[name] or [])} - {*(before[name] or [])}
                rest = [res_id for res_id in now[name] or [] if res_id not in ours]
                values[name] = now[name] or [], rest
            elif name not in edited.get(link, ()):
                values[name] = now[name], before[name]
    return result


def restore(link):
    """Put the old values back where ours still stand; of lists, take out only ours."""
    record = link.env[link.res_model].browse(link.res_id).exists()
    if not record:
        return
    vals = {}
    for name, (now, before) in going_back(link)[link].items():
        if now == before:
            continue
        if record._fields[name].type == "many2many":
            gone = sorted({*now} - {*before})
            vals[name] = [Command.unlink(res_id) for res_id in gone]
        else:
            vals[name] = before or False
    stamp = _stamp_after(link, record)
    if vals:
        with alone(record, vals):
            record.write(vals)
    empty = [name for name in vals if link.previous_values[name] is None]
    put_stamp(record, stamp | dict.fromkeys(_plain_columns(record, empty)))


def _stamp_after(link, record):
    """A person's later edit keeps its date; else the record looks as it did."""
    now, before = stamp_of(record), link.previous_values or {}
    is_edited = written_since(link.env, record._name, link)
    if not now or is_edited or "write_date" not in before:
        return now
    return {name: before[name] for name in STAMP}


def put_stamp(record, stamp):
    """Write what the ORM does not let through, as :func:`stamp_of` read it.

    :param stamp: when and by whom it was written; columns that are to be empty as None
    """
    if not stamp:
        return
    record.flush_recordset()
    record.env.cr.execute(
        SQL(
            "UPDATE %s SET %s WHERE id = %s",
            SQL.identifier(record._table),
            SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), value)
                for name, value in stamp.items()
            ),
            record.id,
        )
    )
    record.invalidate_recordset(list(stamp), flush=False)
