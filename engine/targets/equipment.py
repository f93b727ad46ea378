from odoo import fields
from odoo.tools.translate import LazyTranslate

from ...tools.fingerprint import fold
from ..map.mapper import Note
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: Words for equipment that is no longer there.
_OVER = {"retired", "replaced", "scrapped", "archived", "inactive", "removed"}
#: What the installation date is taken from where the source does not give it.
_DATES = ("x_warranty_start", "x_purchased_on", "x_source_created_on")


class EquipmentTarget(Target):
    """Equipment of the Maintenance app, where that is installed.

    Odoo takes each serial number once, sources often do not: the oldest piece keeps
    the number, of a further one it stands in a custom field.
    """

    key = "equipment"
    label = _lt("Equipment")
    model = "maintenance.equipment"
    ordered_by = ("x_source_created_on",)

    def __init__(self, mapper):
        super().__init__(mapper)
        self._holders = {}
        self._own = {}

    @classmethod
    def plan_note(cls, env):
        return env._("Maintenance is installed: equipment becomes equipment there.")

    def prefetch(self, mapped_list):
        """Find out which serial numbers are taken, and by what."""
        serials = {mapped.vals.get("serial_no") for mapped in mapped_list} - {None}
        found = (
            self.env[self.model]
            .with_context(active_test=False)
            .search_fetch([("serial_no", "in", sorted(serials))], ["serial_no"])
        )
        self._holders = {record.serial_no: record.id for record in found}
        links = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=", self.mapper.object.name),
                ("external_id", "in", [m.record.external_id for m in mapped_list]),
            ],
            ["external_id", "res_id"],
        )
        self._own = {link.external_id: link.res_id for link in links}

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        names = ("name", "model", "serial_no")
        vals["name"] = next(filter(None, map(vals.get, names)), None)
        message = self.env._("It has no name, no model and no serial number.")
        self.require(vals, "name", message, self.source_of("name"))
        self._serial(mapped, vals)
        self._installation(mapped, vals)
        # always given: what is in use again comes out of the archive
        vals["active"] = fold(mapped.pop("_status")) not in _OVER
        vals["company_id"] = self.project.company_id.id
        # given, so that Odoo does not look for them
        vals.setdefault("technician_user_id", False)
        vals["maintenance_team_id"] = False
        mapped.vals = vals
        return vals

    def _serial(self, mapped, vals):
        """Let the first piece of equipment keep the number."""
        serial = vals.get("serial_no")
        if not serial:
            return
        key = mapped.record.external_id
        holder = self._holders.setdefault(serial, key)
        if holder in (key, self._own.get(key)):
            return
        vals["x_source_serial"] = vals.pop("serial_no")
        message = self.env._(
            "Another piece of equipment has this serial number: kept in “%s”.",
            self._label("x_source_serial"),
        )
        self.remark(mapped, "serial_no", message, "moved", serial)

    def _label(self, name):
        field = self.env[self.model]._fields[name]
        return field.get_description(self.env, ["string"])["string"]

    def _installation(self, mapped, vals):
        """Odoo insists on a date, and would take today's."""
        if vals.get("effective_date"):
            return
        own = self.env[self.model].browse(self._own.get(mapped.record.external_id))
        found = next(filter(None, map(vals.get, _DATES)), own.effective_date)
        if not found:
            found = fields.Date.context_today(own)
            message = self.env._(
                "Odoo insists on a date since when it is in use, and the source gives "
                "none: the day of the load is entered."
            )
            source = self.source_of("effective_date")
            mapped.notes.append(Note(source, "effective_date", "", "assumed", message))
        vals["effective_date"] = fields.Date.to_date(found)

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
