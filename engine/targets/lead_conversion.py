"""Leads of the source that became deals there: one record in Odoo, as Odoo has it."""

from markupsafe import Markup

from odoo.fields import Command
from odoo.tools import SQL

from ..edits import changed_values, find_edits
from ..keys import REPEAT_MARK
from ..undo.change_book import add_links, noting
from ..values import cell_text, portable, read_portable
from .chatter import PREFIX, create_in_order

#: What a deal says for itself, or what Odoo decides: never taken from the lead.
_OF_THE_DEAL = {
    *("type", "name", "company_id", "user_id", "team_id", "stage_id", "active"),
    *("probability", "automated_probability", "lost_reason_id"),
    *("x_source_created_on", "x_source_updated_on"),
}
#: Odoo writes them back to the contact, where the opportunity has one.
_OF_THE_CONTACT = {"email_from", "phone"}
#: Values that a note can show.
_SHOWN = {"char", "text", "html", "many2one", "integer", "float", "date", "datetime"}
#: Values of the lead that say nothing beside the deal's own.
_SILENT = {
    *("type", "active", "x_source_created_on", "x_source_updated_on"),
    *("date_open", "date_closed", "date_last_stage_update", "iap_enrich_done"),
}


class LeadConversion:
    """Brings a lead and the deal that it became together.

    As when a person converts a lead in Odoo: the record is as old as the lead, and
    its conversion date says when it became an opportunity. What the lead knows and
    the deal does not fills empty fields; what differs is a note in the chatter.
    """

    def __init__(self, target):
        self.target = target
        self.env = target.env
        self.project = target.project
        self._leads = {}

    # -- the deal is there, its lead comes -----------------------------------------

    def fill(self, mapped, deal, partner):
        """Add to the opportunity what its lead says; the project made both."""
        vals = self.target.constants | mapped.vals
        if partner:
            vals["partner_id"] = partner
        added, rest = self._sort(deal, vals)
        created = vals.get("x_source_created_on")
        converted = vals.get("x_converted_on") or self.target.source_creation(deal)
        if not deal.date_conversion and converted:
            added["date_conversion"] = converted
        is_older = created and created < deal.create_date
        if is_older and self.project.keep_create_date:
            added["date_open"] = created
        link = self.target.own_link(deal)
        with noting(link, added, mapped.record):
            if added:
                self.target.amend_unnoted(deal, added, link)
            if is_older:
                self.target.set_create_date(deal, [mapped])
            self.target.settle_days(deal)
        self._note(deal, mapped.record, rest, converted)

    def _sort(self, deal, vals):
        """Return the values that the deal lacks, and those that differ from its own."""
        added, rest = {}, {}
        given = {name: portable(deal._fields[name], vals[name]) for name in vals}
        found = read_portable(deal, list(vals))[deal.id]
        for name, value in vals.items():
            if name in _SILENT or not given[name] or given[name] == found[name]:
                continue
            if deal._fields[name].type == "many2many":
                new = set(given[name]) - set(found[name])
                if new:
                    added[name] = [Command.link(res_id) for res_id in sorted(new)]
            elif found[name] or name in _OF_THE_DEAL:
                rest[name] = value
            elif name in _OF_THE_CONTACT and deal.partner_id:
                rest[name] = value
            else:
                added[name] = value
        return added, rest

    def _note(self, deal, record, rest, moment):
        """Keep in the chatter what the lead said otherwise."""
        if not rest:
            return
        title = self.env._(
            "Converted from lead “%s”", record.name or record.external_id
        )
        items = Markup().join(
            Markup("<li>%s: %s</li>")
            % (self._label(deal, name), self._shown(deal, name, value))
            for name, value in rest.items()
        )
        company, domain = self.project.company_id, self.project._message_domain()
        message = create_in_order(
            self.target,
            [
                {
                    "model": "crm.lead",
                    "res_id": deal.id,
                    "message_type": "comment",
                    "subtype_id": self.env.ref("mail.mt_note").id,
                    "is_internal": True,
                    "date": moment or deal.create_date,
                    "author_id": False,
                    "email_from": company.email_formatted or company.name,
                    "reply_to": False,
                    "message_id": f"<lead-{record.id}@{domain}>",
                    "body": Markup("<p>%s</p><ul>%s</ul>") % (title, items),
                }
            ],
        )
        add_links(
            self.env,
            [
                {
                    "project_id": self.project.id,
                    "company_id": company.id,
                    "source_object": PREFIX + record.object_id.name,
                    "external_id": f"{record.external_id}{REPEAT_MARK}note",
                    "res_model": "mail.message",
                    "res_id": message.id,
                    "origin": "created",
                }
            ],
        )

    def _label(self, deal, name):
        return deal._fields[name].get_description(self.env, ["string"])["string"]

    def _shown(self, deal, name, value):
        field = deal._fields[name]
        if field.type == "many2one":
            return self.env[field.comodel_name].browse(value).display_name
        return Markup(value) if field.type == "html" else str(value)

    # -- the lead is there, its deal comes -----------------------------------------

    def prefetch(self, mapped_list):
        """Find the leads that stand in Odoo though their deals are new."""
        self._leads = {}
        ids = [m.record.external_id for m in mapped_list if not m.pop("loaded_as")]
        for line in self.project.mapping_line_ids:
            if line.target_field != "_converted" or line.fate == "dropped":
                continue
            spec = line.object_id._spec()["fields"].get(line.canonical_field, {})
            if spec.get("object") != self.target.mapper.object.name or not ids:
                continue
            for external_id, link_id in self._standing(line, ids):
                link = self.env["migration.crosswalk"].browse(link_id)
                lead = self.env["crm.lead"].browse(link.res_id).exists()
                if lead.type == "lead":
                    self._leads.setdefault(external_id, (lead, link))

    def _standing(self, line, ids):
        return self.env.execute_query(
            SQL(
                "SELECT %(deal)s, link.id FROM migration_staged_record staged"
                " JOIN migration_crosswalk link ON link.staged_record_id = staged.id"
                " WHERE staged.object_id = %(object)s AND link.origin = 'created'"
                " AND link.res_model = 'crm.lead' AND %(deal)s = ANY(%(ids)s)",
                deal=cell_text(line.source_field),
                object=line.object_id.id,
                ids=ids,
            )
        )

    def standing_lead(self, mapped):
        """Return the lead that a new deal converts (empty: there is none)."""
        found = self._leads.get(mapped.record.external_id)
        return found[0] if found else self.env["crm.lead"]

    def convert(self, mapped):
        """Make the lead the deal's opportunity, as Odoo does, and return it."""
        lead, link = self._leads[mapped.record.external_id]
        edited = changed_values(self.env, "crm.lead", link).get(link, ())
        mapped.inputs["edit_reason"] = find_edits(self.env, "crm.lead", link).get(
            lead.id
        )
        known = {
            name: value
            for name, value in read_portable(lead, list(link.base_values or {}))[
                lead.id
            ].items()
            if name not in _SILENT
        }
        self._keep_edits(mapped, link, edited)
        vals = dict(mapped.inputs["vals"])
        vals["date_conversion"] = vals.get("x_source_created_on")
        staged = link.staged_record_id
        with noting(link, vals, mapped.record):
            self.target.write(lead, vals)
            link.write({"origin": "matched", "base_values": {}, "left_values": False})
        after = read_portable(lead, list(known))[lead.id]
        rest = {
            name: value
            for name, value in known.items()
            if value and value != after[name] and lead._fields[name].type in _SHOWN
        }
        self._note(lead, staged, rest, vals["date_conversion"])
        staged._set_bucket(
            "merged", "converted", self.env._("Is a deal of the source by now.")
        )
        return lead

    @staticmethod
    def _keep_edits(mapped, link, edited):
        """Take out what a person changed; what we last wrote there stays known."""
        vals = mapped.inputs["vals"]
        mapped.inputs["vals"] = {n: vals[n] for n in vals if n not in edited}
        base, left = link.base_values or {}, link.left_values or {}
        mapped.inputs["known_values"] = (
            {name: base[name] for name in edited if name in base},
            {name: left[name] for name in edited if name in left},
        )
