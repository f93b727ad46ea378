from datetime import date

from odoo import fields
from odoo.tools import html2plaintext
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ...tools.converters import to_text
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

FIELD = "x_customer_equipment"


class EquipmentTextTarget(Target):
    """Equipment as text, where the Maintenance app is not installed.

    Each piece is one line on the open opportunities of its customer; without an open
    one on the latest, without any on the contact itself.
    """

    key = "equipment_text"
    label = _lt("Equipment (Text)")
    model = "crm.lead"
    relation_fields = {"_customer_id": "id"}

    def __init__(self, mapper):
        super().__init__(mapper)
        self._leads = {}
        self._contacts = set()

    @classmethod
    def models(cls):
        return {"crm.lead": cls.relation_fields, "res.partner": cls.relation_fields}

    @classmethod
    def own_fields(cls, env):
        label = env._("Equipment of the Customer")
        reason = env._(
            "Maintenance is not installed: each piece of equipment is a line of text "
            "on the open opportunities of its customer, else on the latest one, else "
            "on the contact."
        )
        for model in ("crm.lead", "res.partner"):
            yield model, FIELD, "text", label, reason

    def prefetch(self, mapped_list):
        """Find the opportunities of the batch's customers, those of ours only.

        What the migration did not make itself it could not put back as it was.
        """
        customers = {mapped.pop("_customer_id") for mapped in mapped_list} - {None}
        partners = self.env["res.partner"].browse(
            [res_id for model, res_id in customers if model == "res.partner"]
        )
        heads = partners.commercial_partner_id
        self._contacts = self._ours("res.partner", partners.ids)
        leads = self.env["crm.lead"].search(
            [("partner_id", "child_of", heads.ids), ("type", "=", "opportunity")],
            order="create_date desc, id desc",
        )
        ours = self._ours("crm.lead", leads.ids)
        self._leads = leads.filtered(lambda lead: lead.id in ours).grouped(
            lambda lead: lead.partner_id.commercial_partner_id
        )

    def _ours(self, model, ids):
        domain = [
            ("project_id", "=", self.project.id),
            ("res_model", "=", model),
            ("res_id", "in", ids),
            ("origin", "=", "created"),
        ]
        links = self.env["migration.crosswalk"].search_fetch(domain, ["res_id"])
        return set(links.mapped("res_id"))

    def finish(self, mapped):
        homes = self._homes(mapped.pop("_customer_id"))
        if not homes:
            raise MappingError(
                self.env._(
                    "It has no customer that was loaded, so there is no opportunity "
                    "and no contact to keep it on."
                ),
                self.source_of("_customer_id"),
            )
        mapped.inputs["homes"] = homes
        return {}

    def _homes(self, customer):
        if not customer:
            return None
        record = self.env[customer[0]].browse(customer[1])
        if record._name != "res.partner":
            return record
        leads = self._leads.get(record.commercial_partner_id, self.env["crm.lead"])
        is_open = leads.filtered(lambda lead: lead.active and not _is_over(lead))
        if is_open or leads:
            return is_open or leads[:1]
        return record if record.id in self._contacts else None

    def bind(self, mapped):
        homes = mapped.pop("homes")
        self._list(mapped, homes, self._line(mapped))
        names = ", ".join(home.display_name or str(home.id) for home in homes)
        mapped.inputs["reason"] = self.env._("Listed on %s.", names)
        return homes[0]._name, homes[0].id

    def _list(self, mapped, homes, text, old=""):
        """Put a line on each of the records; ``old`` is the one that it replaces."""
        for home in homes:
            lines = (home[FIELD] or "").split("\n") if home[FIELD] else []
            if text in lines:
                continue
            if old in lines:
                lines[lines.index(old)] = text
            else:
                lines.append(text)
            self.amend(home, {FIELD: "\n".join(lines)}, mapped.record)
        places = [[home._name, home.id] for home in homes]
        mapped.inputs["added"] = {"text": text, "homes": places}

    def renew(self, mapped, link):
        """The line says what the source says now, and leaves who has it no more."""
        added, text = link.part_values or {}, self._line(mapped)
        homes, old = mapped.pop("homes"), added.get("text") or ""
        places = [self.env[model].browse(i) for model, i in added.get("homes") or ()]
        before = [home for home in places if home.exists()]
        heads = {self._head(home) for home in before}
        if before and self._head(homes[0]) not in heads:
            for home in before:
                self._strike(mapped, home, old)
            before = []
        elif text == old:
            mapped.inputs["added"] = added
            return ""
        homes = before or homes
        self._list(mapped, homes, text, old)
        mapped.inputs["target"] = (homes[0]._name, homes[0].id)
        return self.env._("Listed as: %s", text)

    def _strike(self, mapped, home, text):
        lines = (home[FIELD] or "").split("\n")
        if text in lines:
            lines.remove(text)
            vals = {FIELD: "\n".join(lines) or False}
            self.amend(home, vals, mapped.record)

    @staticmethod
    def _head(home):
        partner = home if home._name == "res.partner" else home.partner_id
        return partner.commercial_partner_id

    def _line(self, mapped):
        """Return all that is known of one piece, the four main facts first."""
        name = next(
            filter(None, map(mapped.pop, ("_name", "_model", "_serial_no"))), "?"
        )
        facts = [name]
        for key, label in self._labels().items():
            text = self._shown(key, mapped.pop(key))
            if text and text != name:
                facts.append(label % text)
        return " · ".join([*facts, *self._others(mapped)])

    def _labels(self):
        env = self.env
        return {
            "_serial_no": env._("serial number %s"),
            "_location": env._("location %s"),
            "_effective_date": env._("installed on %s"),
            "_category_id": env._("category %s"),
            "_manufacturer": env._("made by %s"),
            "_model": env._("model %s"),
            "_barcode": env._("barcode %s"),
            "_site_address": env._("at %s"),
            "_status": env._("status %s"),
            "_purchased_on": env._("bought on %s"),
            "_warranty_start": env._("warranty from %s"),
            "_warranty_date": env._("warranty until %s"),
            "_service_interval_days": env._("service every %s days"),
            "_last_service_on": env._("last service %s"),
            "_next_service_on": env._("next service %s"),
            "_cost": env._("cost %s"),
            "_technician_user_id": env._("technician %s"),
            "_source_created_on": env._("created on %s"),
            "_source_updated_on": env._("updated on %s"),
            "_note": env._("notes: %s"),
        }

    def _others(self, mapped):
        """Properties of the source's own, by their names."""
        payload = self.mapper.payload(mapped.record)
        for line in self.mapper.lines:
            if line.target_field == "_other":
                text = to_text(payload.get(line.source_field))
                if text:
                    name = line.source_field.removeprefix("custom.").replace("_", " ")
                    yield f"{name} {' '.join(text.split())}"

    def _shown(self, key, value):
        """Return a converted value as one line of text."""
        if key == "_technician_user_id":
            return self.env["res.users"].browse(value).name if value else ""
        if isinstance(value, date):
            return fields.Date.to_string(value)
        text = html2plaintext(value) if key == "_note" and value else to_text(value)
        return " ".join(text.split()) if text else ""


def _is_over(lead):
    return lead.won_status in ("won", "lost")
