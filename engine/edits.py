"""What people changed in Odoo after the migration wrote it."""

from odoo.tools import SQL

from .values import read_portable


def find_edits(env, model, links):
    """Return ``{res_id: reason}`` of records that a person changed after our write.

    Told by the record's own write date and author, and by values that are no longer
    those we left. A flag set by an earlier load survives a later write of ours.

    :param links: crosswalk rows of records of ``model`` that we created
    """
    links = links.filtered(lambda link: link.origin == "created")
    if not links:
        return {}
    edited = {link.res_id: link.edit_reason for link in links if link.edit_reason}
    for res_id, login in written_since(env, model, links):
        edited.setdefault(res_id, env._("Edited by %s.", login))
    for link, names in changed_values(env, model, links).items():
        label = env[model]._fields[names[0]].get_description(env, ["string"])["string"]
        edited.setdefault(link.res_id, env._("Edited since: %s.", label))
    return edited


def written_since(env, model, links):
    """Return ``[(res_id, login)]`` of records that somebody wrote after us."""
    if model == "ir.attachment":
        # looking at a PDF writes its thumbnail: only the values count here
        return []
    return env.execute_query(
        SQL(
            "SELECT target.id, writer.login FROM migration_crosswalk link"
            " JOIN %(table)s target ON target.id = link.res_id"
            " LEFT JOIN res_users writer ON writer.id = target.write_uid"
            " WHERE link.id = ANY(%(ids)s)"
            " AND target.write_date > link.write_date"
            " AND target.write_uid <> %(robot)s",
            table=SQL.identifier(env[model]._table),
            ids=links.ids,
            robot=env.ref("base.user_root").id,
        )
    )


def changed_values(env, model, links):
    """Return ``{link: [field, ...]}`` whose value is no longer the one we left."""
    names = {name for link in links for name in link.base_values or {}}
    names = [name for name in names if name in env[model]._fields]
    found = read_portable(env[model].browse(links.mapped("res_id")).exists(), names)
    changed = {}
    for link in links:
        actual = found.get(link.res_id, {})
        left = (link.base_values or {}) | (link.left_values or {})
        different = [n for n in sorted(left) if n in actual and actual[n] != left[n]]
        if different:
            changed[link] = different
    return changed
