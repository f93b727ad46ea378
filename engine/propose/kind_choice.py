"""What the administrator lets a custom object or a form become."""

from odoo.exceptions import UserError
from odoo.tools import SQL

from ..map.names import custom_field_name
from ..values import cell_text

#: what of a line a choice changes, so that it can be taken back
_DECISION = (
    "fate",
    "target_field",
    "rest_field",
    "transform",
    "reason",
    "on_missing",
    "new_field_type",
)
_TARGETS = {"model": "custom", "fields": "custom_fields", "out": False}
#: models whose records may take up the fields of a kind
_HOMES = ("res.partner", "crm.lead")


class KindChoice:
    """Carries out a choice on the lines of one object's map.

    The map of the custom model is the first one; the others are made from it, and it
    comes back when that is chosen again.
    """

    def __init__(self, obj):
        self.object = obj
        self.env = obj.env
        self.lines = obj.mapping_line_ids

    def check(self, choice):
        """Refuse what cannot be carried out, with the reason."""
        obj = self.object
        if not obj.choice:
            raise UserError(self.env._("%s has no choice.", obj.label))
        if self.is_made():
            raise UserError(
                self.env._(
                    "%s are in Odoo already: roll them back before you choose again.",
                    obj.label,
                )
            )
        if choice == "fields":
            self._check_single()
        if choice != "model":
            self._check_unneeded()

    def is_made(self):
        """Return whether any of it is in Odoo: then it cannot be chosen anew."""
        links = self.env["migration.crosswalk"]
        shared = [("project_id", "=", self.object.project_id.id)]
        return bool(
            links.search_count(
                [*shared, ("source_object", "=", self.object.name)], limit=1
            )
            or links.search_count(
                [
                    *shared,
                    ("source_object", "=", "schema:model"),
                    ("external_id", "=", self.object.name),
                ],
                limit=1,
            )
        )

    def _check_single(self):
        """One linked record can take up one record only."""
        line = self._link()
        if not line:
            raise UserError(
                self.env._(
                    "%s are linked to no contact and no opportunity: they have no "
                    "record whose fields they could become.",
                    self.object.label,
                )
            )
        names = [line.source_field, *self._alternatives(line)]
        texts = SQL(", ").join(SQL("NULLIF(%s, '')", cell_text(n)) for n in names)
        rows = self.env.execute_query(
            SQL(
                "SELECT COALESCE(%(texts)s), count(*) FROM migration_staged_record"
                " WHERE object_id = %(object)s AND COALESCE(%(texts)s) IS NOT NULL"
                " GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 1",
                texts=texts,
                object=self.object.id,
            )
        )
        if rows:
            raise UserError(
                self.env._(
                    "%(field)s “%(value)s” has %(count)s records of %(object)s: they "
                    "cannot become fields of one record.",
                    field=line.source_field,
                    value=rows[0][0],
                    count=rows[0][1],
                    object=self.object.label,
                )
            )

    def _check_unneeded(self):
        """What other records link to has to have records of its own."""
        others = self.object.project_id.mapping_line_ids.filtered(
            lambda line: (
                line.reference_object == self.object.name
                and line.transform == "reference"
                and line.object_id != self.object
                and line.fate != "dropped"
            )
        )
        if others:
            raise UserError(
                self.env._(
                    "%(other)s, field %(field)s, links to %(object)s: drop that field "
                    "first.",
                    other=others[0].object_id.label,
                    field=others[0].source_field,
                    object=self.object.label,
                )
            )

    def _link(self):
        """Return the line that links to a contact or opportunity, best filled first."""
        project = self.object.project_id
        first = self._first_map()
        links = self.lines.filtered(
            lambda line: (
                first.get(str(line.id), {}).get("transform") == "reference"
                and project._object(line._field_spec().get("object"))._target_model()
                in _HOMES
            )
        )
        return links.sorted(lambda line: (-line.fill_rate, line.sequence))[:1]

    def _alternatives(self, line):
        names = line._field_spec().get("alternatives", [])
        others = self.lines.filtered(lambda other: other.canonical_field in names)
        return others.mapped("source_field")

    def _first_map(self):
        """Return ``{id of a line: its decision where a custom model is chosen}``."""
        return self.object.choice_map or {
            str(line.id): {name: line[name] for name in _DECISION}
            for line in self.lines
        }

    def apply(self, choice):
        """Change the object and its lines; changed lines want a new confirmation."""
        obj = self.object
        first, link = self._first_map(), self._link()
        obj.choice_map = first
        for line in self.lines:
            self._write(line, first.get(str(line.id), {}))
        obj.target = _TARGETS[choice]
        if choice == "model":
            obj.write({"choice_map": False, "target_model": False})
        elif choice == "fields":
            spec = link._field_spec()
            home = obj.project_id._object(spec.get("object"))
            obj.target_model = home._target_model()
            self._as_fields(link)
        else:
            obj.target_model = False
            self._drop()

    @staticmethod
    def _write(line, vals):
        changed = {name: value for name, value in vals.items() if line[name] != value}
        if changed:
            line.write(changed)

    def _as_fields(self, link):
        used = set()
        for line in self.lines.filtered(
            lambda line: line.fate in ("mapped", "transformed")
        ):
            if line == link:
                vals = {"target_field": "_linked", "on_missing": "fail"}
            else:
                vals = {
                    name: guest_name(self.object, line[name], used)
                    for name in ("target_field", "rest_field")
                    if (line[name] or "").startswith("x_")
                }
                used.update(vals.values())
            self._write(line, vals)

    def _drop(self):
        reason = self.env._("Left out by decision.")
        for line in self.lines.filtered(lambda line: line.fate != "key"):
            vals = {"fate": "dropped", "target_field": False, "rest_field": False}
            if line.fate != "dropped":
                self._write(line, vals | {"reason": reason})


def guest_name(obj, name, used=()):
    """Return the name of a kind's field on the record that it is linked to."""
    kind = obj.name.partition(":")[2]
    return custom_field_name(f"{kind[:24]} {name.removeprefix('x_')}", used)
