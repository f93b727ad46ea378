"""Rows for the tables that only engines write, without the weight of create()."""

from psycopg2 import sql


def insert_rows(model, rows):
    """Insert ``rows`` (dicts of field values) into the model's table.

    For stored values that nobody computes, overrides or has in cache. Values are
    converted by their fields, signed and dated as create() does unless a row says
    otherwise; defaults are not looked up, every required value has to be given.
    """
    if not rows:
        return
    if model._log_access:
        now, uid = model.env.cr.now(), model.env.uid
        stamp = {
            "create_uid": uid,
            "create_date": now,
            "write_uid": uid,
            "write_date": now,
        }
        rows = [stamp | row for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    fields = [(name, model._fields[name]) for name in names]
    query = sql.SQL("INSERT INTO {} ({}) VALUES %s").format(
        sql.Identifier(model._table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    values = [
        [
            field.convert_to_column_insert(row.get(name, False), model, row)
            for name, field in fields
        ]
        for row in rows
    ]
    model.env.cr.execute_values(query, values, page_size=len(values))
