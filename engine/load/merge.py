"""Two records of ours that the source has made one since."""

from odoo.tools import SQL

from ..edits import find_edits
from ..follow.gone import Farewell
from ..targets.company import changing
from ..targets.lead_facts import own_facts
from ..undo.change_book import add_links, noting
from ..undo.restore import keep_owner
from ..values import left_behind

#: Models that name what they belong to by model and id, with those two fields.
_GENERIC = {
    "mail.message": ("model", "res_id"),
    "mail.activity": ("res_model", "res_id"),
    "ir.attachment": ("res_model", "res_id"),
}


class Merger:
    """Binds the loser's source id to the winner and moves what is ours over to it.

    What a person has bound to the loser stays there. The loser itself is treated like
    a record that is gone; its crosswalk row stays under another name, so that a
    rollback takes it along.
    """

    def __init__(self, loader):
        self.loader = loader
        self.env = loader.env
        self.project = loader.project

    def merge(self, mapped, link, loser, winner, edit):
        """Merge ``loser`` into ``winner``; return the sentence for the log."""
        moved = self._rebind(loser, winner)
        self._follow_earlier(link, loser, winner)
        with noting(link):
            name = f"{link.source_object}:merged"
            link.write({"source_object": name, "staged_record_id": False})
        self.loader.bind_to(mapped, winner)
        farewell = Farewell(self.project)
        try:
            fate, text = farewell.treat(self.loader.object, link, loser, edit)
        finally:
            farewell.close()
        if fate == "flagged":
            mapped.inputs["flagged"] = text
        return self.env._(
            "Merged into “%(winner)s” at the source. Records moved over: %(count)s. "
            "%(fate)s",
            winner=winner.display_name,
            count=moved,
            fate=text,
        )

    def _follow_earlier(self, link, loser, winner):
        """What was merged into the loser before lives on in the winner as well."""
        earlier = self.env["migration.crosswalk"].search(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", loser._name),
                ("res_id", "=", loser.id),
                ("origin", "=", "matched"),
                ("staged_record_id", "!=", False),
                ("id", "!=", link.id),
            ]
        )
        # a row with old values is what a rollback puts back into that record
        for row in earlier.filtered(lambda row: not row.previous_values):
            name = row.source_object
            bound = {
                "project_id": self.project.id,
                "company_id": self.project.company_id.id,
                "source_object": name,
                "external_id": row.external_id,
                "staged_record_id": row.staged_record_id.id,
                "res_model": winner._name,
                "res_id": winner.id,
                "origin": "matched",
                "content_hash": row.content_hash,
            }
            with noting(row):
                kept = f"{name}:merged:{loser.id}"
                row.write({"source_object": kept, "staged_record_id": False})
            self.env.flush_all()
            add_links(self.env, [bound])

    def _rebind(self, loser, winner):
        """Let our records refer to the winner; return how many did not before."""
        moved = set()
        self.env.flush_all()
        for model in self._models():
            for field in model._fields.values():
                is_link = field.type in ("many2one", "many2many")
                if is_link and field.store and field.comodel_name == loser._name:
                    moved |= self._move(model, field, loser, winner)
            if model._name in _GENERIC:
                moved |= self._move_generic(model, loser, winner)
        return len(moved)

    def _models(self):
        rows = self.env["migration.crosswalk"]._read_group(
            [("project_id", "=", self.project.id), ("origin", "=", "created")],
            ["res_model"],
        )
        return [
            self.env[model]
            for (model,) in rows
            if model in self.env and not model.startswith("ir.model")
        ]

    def _links(self, model, condition):
        ids = self.env.execute_query(
            SQL(
                "SELECT link.id FROM migration_crosswalk link"
                " WHERE link.project_id = %s AND link.origin = 'created'"
                " AND link.res_model = %s AND %s"
                " ORDER BY link.id",
                self.project.id,
                model._name,
                condition,
            )
        )
        return self.env["migration.crosswalk"].browse([row[0] for row in ids])

    def _move(self, model, field, loser, winner):
        """Move a field of our records, where its value is still the one we wrote."""
        is_list = field.type == "many2many"
        refers = self._refers(model, field, loser)
        if refers is None:
            return set()
        # the columns first: few records refer to the loser, many are ours
        condition = "%s AND link.base_values -> %s @> to_jsonb(%s)"
        links = self._links(model, SQL(condition, refers, field.name, loser.id))
        edits = find_edits(self.env, model._name, links)
        moved = set()
        for link in links:
            record = model.browse(link.res_id).exists()
            if not record or loser not in record[field.name] or record == winner:
                continue
            base = dict(link.base_values)
            vals = {field.name: winner.id}
            if is_list:
                vals = {field.name: [(3, loser.id), (4, winner.id)]}
                base[field.name] = sorted({*base[field.name], winner.id} - {loser.id})
            else:
                if model._name == "res.partner" and field.name == "parent_id":
                    vals |= changing(record, loser, winner)
                base |= {name: value or None for name, value in vals.items()}
            with noting(link, list(vals)):
                if model._name == "crm.lead" and field.name == "partner_id":
                    vals |= own_facts(record)
                record.write(keep_owner(record, vals))
                self._remember(link, record, base, edits)
            moved.add((model._name, record.id))
        return moved

    @staticmethod
    def _refers(model, field, loser):
        """SQL that is true for rows of the crosswalk whose record refers to ``loser``.

        None where the database holds no such link (a value for each company).
        """
        if field.type == "many2many":
            table, own, other = field.relation, field.column1, field.column2
        elif field.column_type and not field.company_dependent:
            table, own, other = model._table, "id", field.name
        else:
            return None
        return SQL(
            "link.res_id IN (SELECT %s FROM %s WHERE %s = %s)",
            SQL.identifier(own),
            SQL.identifier(table),
            SQL.identifier(other),
            loser.id,
        )

    def _move_generic(self, model, loser, winner):
        model_field, id_field = _GENERIC[model._name]
        condition = SQL(
            "link.res_id IN (SELECT id FROM %s WHERE %s = %s AND %s = %s)",
            SQL.identifier(model._table),
            SQL.identifier(model_field),
            loser._name,
            SQL.identifier(id_field),
            loser.id,
        )
        self.env.flush_all()
        links = self._links(model, condition)
        edits = find_edits(self.env, model._name, links)
        moved = set()
        for link in links:
            record = model.browse(link.res_id)
            base = dict(link.base_values or {})
            with noting(link):
                record.write({id_field: winner.id})
                if id_field in base:
                    base[id_field] = winner.id
                self._remember(link, record, base, edits)
            moved.add((model._name, record.id))
        return moved

    def _remember(self, link, record, base, edits):
        """A change of ours must not pass for a person's edit, nor hide one."""
        edit = edits.get(record.id)
        vals = {"base_values": base or False, "edit_reason": edit or False}
        if not edit:
            vals["left_values"] = left_behind(record, dict(base))
        link.write(vals)
