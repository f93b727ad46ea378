from markupsafe import Markup

from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ...tools.converters import to_text
from .base import Target
from .partner import is_archived, note_unknown_type, person_name

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: What a contact's field is called on a lead; other fields have the same name.
ON_LEAD = {
    "parent_id": "partner_id",
    "email": "email_from",
    "company_name": "partner_name",
    "comment": "description",
    "category_id": "tag_ids",
    "lang": "lang_id",
}
#: Facts of a contact that a lead has no place for because it needs none.
_WITHOUT = {"name", "is_company", "type", "parent_id"}


class LoneContactTarget(Target):
    """A person without company becomes a lead, outside of any pipeline.

    The map speaks of contacts: what a lead calls otherwise is renamed here, and what
    it has no field for is written into its notes.
    """

    key = "lone"
    label = _lt("Lead")
    model = "crm.lead"
    relation_fields = ON_LEAD

    def __init__(self, mapper):
        super().__init__(mapper)
        fields = self.env["res.partner"]._fields
        own = self.env[self.model]._fields
        self._same = {
            name
            for name, field in fields.items()
            if name in own
            and own[name].type == field.type
            and own[name].comodel_name == field.comodel_name
        }
        links = self.project._schema_links()
        tags = {key: res_id for (kind, key), res_id in links.items() if kind == "tag"}
        self._tags = {
            res_id: tags[key]
            for (kind, key), res_id in links.items()
            if kind == "category" and key in tags
        }

    def finish(self, mapped):
        given = self.constants | mapped.vals
        vals = {"type": "lead", "contact_name": person_name(self, mapped, given)}
        vals["name"] = vals["contact_name"]
        if given.get("x_mobile"):
            given.setdefault("phone", given["x_mobile"])
        homeless = []
        for name, value in given.items():
            target = ON_LEAD.get(name, name)
            if name == "category_id":
                vals["tag_ids"] = self._lead_tags(value)
            elif name == "lang":
                vals["lang_id"] = self.env["res.lang"]._get_data(code=value).id
            elif name in _WITHOUT:
                continue
            elif name in ON_LEAD or name in self._same:
                vals[target] = value
            else:
                homeless.append(name)
        if homeless:
            notes = vals.get("description")
            vals["description"] = self._with_facts(mapped, given, notes, homeless)
        self._complete(mapped, vals)
        note_unknown_type(self, mapped)
        mapped.vals = vals
        return vals

    def _lead_tags(self, value):
        """Return the lead tags of the same names as a contact's tags."""
        ids = {self._tags[tag] for tag in value[0][2] if tag in self._tags}
        return [Command.set(sorted(ids))]

    def _with_facts(self, mapped, given, notes, names):
        """Return the notes with what a lead has no field for, as the source has it."""
        text = Markup(notes or "")
        payload = self.mapper.payload(mapped.record)
        message = self.env._("A lead has no such field: kept in its notes.")
        for line in self.mapper.lines:
            facts = []
            if line.target_field in names:
                facts.append(payload.get(line.source_field))
                self.remark(mapped, line.target_field, message)
            if line.rest_field in names:
                facts.append(given[line.rest_field])
            for fact in facts:
                text += Markup("<p>%s: %s</p>") % (line.source_field, to_text(fact))
        return text

    def _complete(self, mapped, vals):
        """Give every stored computed field its value: Odoo searches for nothing."""
        self.give_owner(mapped, vals)
        is_over = is_archived(mapped)
        if is_over:
            name = "_status" if mapped.pop("_status") else "_archived"
            message = self.env._("Archived with 0 %: Odoo counts it as lost.")
            self.remark(mapped, name, message, "contradiction", mapped.pop(name))
        vals.update(
            company_id=self.project.company_id.id,
            partner_id=False,
            team_id=False,
            stage_id=False,
            probability=0.0,
            # unequal values would be "by hand"; equal ones a cron may rate
            automated_probability=0.0,
            active=not is_over,
        )
        created = vals.get("x_source_created_on")
        if created:
            vals.update(
                date_open=created,
                date_last_stage_update=vals.get("x_source_updated_on") or created,
            )
        if "iap_enrich_done" in self.env[self.model]._fields:
            # no migrated address goes to a paid enrichment service
            vals["iap_enrich_done"] = True

    def bind(self, mapped):
        return mapped.pop("same_as")

    def renew(self, mapped, link):
        return self.tell_unfollowed(mapped, link)

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
