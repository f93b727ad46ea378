"""What people and programs changed in Odoo after the migration wrote it."""

from odoo import SUPERUSER_ID
from odoo.tools import SQL

from .values import read_stored

#: Fields that Odoo fills by itself at night: nobody's edit.
_BY_ODOO = {"crm.lead": {"automated_probability"}}
#: Columns that say nothing of what somebody wrote.
_TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date"}
_TECHNICAL |= {"parent_path", "message_main_attachment_id"}
_PLAIN = {"char", "text", "html", "integer", "float", "monetary", "boolean", "date"}
_PLAIN |= {"datetime", "selection", "many2one", "many2one_reference", "reference"}
#: Field names that a sentence lists at most.
_LISTED = 5


def find_edits(env, model, links):
    """Return ``{res_id: reason}`` of records that somebody changed after our write.

    Told by the record's own write date and author, by values that are no longer
    those we left, and by values in fields that we never wrote. A flag set by an
    earlier run survives a later write of ours.

    :param links: crosswalk rows of records of ``model`` that we created
    """
    links = links.filtered(lambda link: link.origin == "created")
    if not links:
        return {}
    edited = {link.res_id: link.edit_reason for link in links if link.edit_reason}
    for res_id, login in written_since(env, model, links):
        edited.setdefault(res_id, env._("Edited by %s.", login))
    for link, names in changed_values(env, model, links).items():
        text = env._("Edited since: %s.", _labels(env, model, names[:1]))
        edited.setdefault(link.res_id, text)
    for link, names in added_by_programs(env, model, links).items():
        text = env._("A program filled in: %s.", _labels(env, model, names))
        edited.setdefault(link.res_id, text)
    return edited


def explain_edits(env, model, links):
    """Return the same as :func:`find_edits`, with what became of our values.

    The sentence says which of the fields that we wrote were changed, and which still
    stand as we left them.
    """
    edited = find_edits(env, model, links)
    links = links.filtered(
        lambda link: link.origin == "created" and link.res_id in edited
    )
    changed = changed_values(env, model, links)
    for res_id, group in links.grouped("res_id").items():
        names = {name for link in group for name in changed.get(link, ())}
        stand = {
            name: None
            for link in group
            for name, value in (link.base_values or {}).items()
            if name in env[model]._fields and value and name not in names
        }
        edited[res_id] += " " + _what_became(env, model, sorted(names), stand)
    return edited


def _what_became(env, model, changed, stand):
    if not changed:
        return env._(
            "Nothing that was migrated has changed: %s.",
            _labels(env, model, stand) or "-",
        )
    text = env._("Changed: %s.", _labels(env, model, changed))
    if stand:
        text += " " + env._("As migrated: %s.", _labels(env, model, stand))
    return text


def note_edits(project):
    """Flag what people edited so far, before a run of ours writes again.

    When Odoo counts a field of a record anew because we wrote to another one, it puts
    our name under it: whose edit stood there before would be forgotten.
    """
    env = project.env
    env.flush_all()
    text = env._("Edited by %s.", "{login}")
    for (model,) in env["migration.crosswalk"]._read_group(
        [("project_id", "=", project.id), ("origin", "=", "created")], ["res_model"]
    ):
        if not _has_author(env, model):
            continue
        env.cr.execute(
            SQL(
                "UPDATE migration_crosswalk link"
                " SET edit_reason = replace(%(text)s, '{login}', writer.login)"
                " FROM %(table)s target"
                " JOIN res_users writer ON writer.id = target.write_uid"
                " WHERE target.id = link.res_id AND link.project_id = %(project)s"
                " AND link.res_model = %(model)s AND link.origin = 'created'"
                " AND link.edit_reason IS NULL AND %(later)s"
                " AND target.write_uid <> %(robot)s",
                text=text,
                table=SQL.identifier(env[model]._table),
                project=project.id,
                model=model,
                later=_later(),
                robot=SUPERUSER_ID,
            )
        )
    env["migration.crosswalk"].invalidate_model(["edit_reason"])


def written_since(env, model, links):
    """Return ``[(res_id, login)]`` of records that somebody wrote after us."""
    if not _has_author(env, model):
        return []
    return env.execute_query(
        SQL(
            "SELECT target.id, writer.login FROM migration_crosswalk link"
            " JOIN %(table)s target ON target.id = link.res_id"
            " LEFT JOIN res_users writer ON writer.id = target.write_uid"
            " WHERE link.id = ANY(%(ids)s) AND %(later)s"
            " AND target.write_uid <> %(robot)s",
            table=SQL.identifier(env[model]._table),
            ids=links.ids,
            later=_later(),
            robot=SUPERUSER_ID,
        )
    )


def _later():
    """SQL: the record was written in a later transaction, be it the same second."""
    return SQL("target.write_date > link.write_date")


def _has_author(env, model):
    """Whether the author of the last write says anything.

    Looking at a PDF writes its thumbnail: of files, only the values count.
    """
    return model in env and env[model]._log_access and model != "ir.attachment"


def changed_values(env, model, links):
    """Return ``{link: [field, ...]}`` whose value is no longer the one we left."""
    written = _written_values(links)
    names = {name for base, _left in written.values() for name in base}
    names -= _BY_ODOO.get(model, set())
    names = [name for name in names if name in env[model]._fields]
    found = read_stored(env[model].browse(links.mapped("res_id")).exists(), names)
    changed = {}
    for link in links:
        actual = found.get(link.res_id, {})
        base, left = written.get(link.id, ({}, {}))
        left = base | left
        different = [n for n in sorted(left) if n in actual and actual[n] != left[n]]
        if different:
            changed[link] = different
    return changed


def _written_values(links):
    """Return ``{link id: (values written, values left where they differ)}``.

    Read from the table: the ORM copies each JSON value whenever it is looked at.
    """
    links.flush_model(["base_values", "left_values"])
    rows = links.env.execute_query(
        SQL(
            "SELECT id, base_values, left_values FROM migration_crosswalk"
            " WHERE id = ANY(%s)",
            links.ids,
        )
    )
    return {link_id: (base or {}, left or {}) for link_id, base, left in rows}


def added_by_programs(env, model, links):
    """Return ``{link: [field, ...]}`` that a program filled though we never did.

    A program that works as Odoo's robot signs as we do. So does Odoo itself when it
    counts a field anew: what tells them apart is a value, other than the default, in
    a field that nobody computes and that we did not write.
    """
    names = [
        name
        for name, field in env[model]._fields.items()
        if field.store
        and field.column_type
        and field.type in _PLAIN
        and not (field.compute or field.related or field.company_dependent)
        # the moment at which a record is made is no value of somebody
        and not (field.default and field.type in ("date", "datetime"))
        # made together with the record (the mail alias of a project)
        and name not in env[model]._inherits.values()
        and name not in _TECHNICAL
    ]
    if not names or not _has_author(env, model):
        return {}
    rows = env.execute_query(
        SQL(
            "SELECT link.id, array_remove(ARRAY[%(filled)s], NULL)"
            " FROM migration_crosswalk link"
            " JOIN %(table)s target ON target.id = link.res_id"
            " WHERE link.id = ANY(%(ids)s) AND %(later)s"
            " AND target.write_uid = %(robot)s",
            filled=SQL(", ").join(_is_filled(env[model], names)),
            table=SQL.identifier(env[model]._table),
            ids=links.ids,
            later=_later(),
            robot=SUPERUSER_ID,
        )
    )
    found = {}
    for link_id, filled in rows:
        link = env["migration.crosswalk"].browse(link_id)
        added = sorted({*filled} - {*(link.base_values or {})})
        if added:
            found[link] = added
    return found


def _is_filled(model, names):
    """Yield SQL that is the field's name where it holds more than its default."""
    defaults = model.default_get(names)
    for name in names:
        nothing = ["", "false", "0", "0.0"]
        if defaults.get(name) is not None:
            value = defaults[name]
            text = str(value).lower() if isinstance(value, bool) else str(value)
            nothing.append(text)
        column = SQL.identifier("target", name)
        if model._fields[name].translate:
            # {language: text}, and every language begins with the same
            column = SQL("(%s ->> 'en_US')", column)
        yield SQL(
            "CASE WHEN COALESCE(%s::text, '') <> ALL(%s) THEN %s END",
            column,
            nothing,
            name,
        )


def _labels(env, model, names):
    """Return the labels of fields as a person reads them, the first few of them."""
    fields = env[model]._fields
    labels = [fields[n].get_description(env, ["string"])["string"] for n in names]
    labels = list(dict.fromkeys(labels))
    if len(labels) > _LISTED + 1:
        more = env._("%s more", len(labels) - _LISTED)
        labels = [*labels[:_LISTED], more]
    return ", ".join(labels)
