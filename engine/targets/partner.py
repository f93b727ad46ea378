from markupsafe import Markup

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ...tools.fingerprint import fold
from ..map.references import named
from ..structure.contact_kinds import is_company_word
from ..structure.hierarchy import Hierarchy
from ..undo.restore import keep_owner
from .base import Target
from .company import ADDRESS, CompanyChanges, facts_of
from .lead_facts import OwnLeads

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class PartnerTarget(Target):
    """Organizations and people."""

    key = "partner"
    label = _lt("Contact")
    model = "res.partner"

    def __init__(self, mapper):
        super().__init__(mapper)
        self._lang = self.project._partner_lang()
        is_multi_company = self.project._is_multi_company()
        self._company_id = self.project.company_id.id if is_multi_company else False
        self._companies = {}
        self._changes = CompanyChanges(self.project)
        self._own_leads = OwnLeads(self.env)
        self._tags = {}
        #: lines by which a contact names another one of the same object
        self._own_lines = [
            line
            for line in mapper.lines
            if line.transform == "reference"
            and line.target_field in ("parent_id", "_merged_into")
            and mapper.kinship.is_own(line.target_field)
        ]
        same = [("object_id", "=", mapper.object.id), ("candidate_id", "!=", False)]
        self._has_matches = self.env["migration.match"].search_count(same, limit=1)
        self._hierarchy = Hierarchy(mapper.object, mapper.kinship)
        mapper.left_out = self._hierarchy.left_out

    def cut(self, records):
        """Let those come first whom the records of the batch refer to.

        Circles are cut by the project's rule before, see :class:`~..Hierarchy`.
        """
        batch, seen = records, records.browse()
        while self._own_lines or self._has_matches:
            parents = self._pending_parents(batch)
            waiting = batch.filtered(lambda rec, parents=parents: parents[rec])
            above = records.browse().union(*parents.values()) - seen
            if not above:
                return (batch - waiting) or batch.sorted("id")[:1]
            seen |= above
            batch = above
        return batch

    def _pending_parents(self, records):
        """Return ``{record: other pending records that it refers to}``."""
        texts = {}
        for record in records:
            payload = self.mapper.payload(record)
            unused = self.mapper.left_out.get(record.id, ())
            values = (
                payload.get(line.source_field)
                for line in self._own_lines
                if line.source_field not in unused
            )
            texts[record] = [str(value).strip() for value in values if value]
        wanted = sorted({text for values in texts.values() for text in values})
        domain = [("object_id", "=", self.mapper.object.id), ("state", "=", "pending")]
        pending = records.search([*domain, *named(wanted)]) if wanted else ()
        index, none = {}, records.browse()
        for record in pending:
            for key in (record.external_id, record.name, record.email_key):
                index[fold(key)] = index.get(fold(key), none) | record
        same = self._pending_matches(records)
        return {
            record: none.union(
                *(index.get(fold(text), none) for text in values),
                same.get(record, none),
            )
            - record
            for record, values in texts.items()
        }

    def _pending_matches(self, records):
        """Return ``{record: the pending one that it is the same as}``."""
        if not self._has_matches:
            return {}
        matches = self.env["migration.match"].search(
            [
                ("staged_record_id", "in", records.ids),
                ("state", "in", ("auto", "take")),
                ("candidate_id.staged_record_id.state", "=", "pending"),
            ]
        )
        return {
            match.staged_record_id: match.candidate_id.staged_record_id
            for match in matches
        }

    def prefetch(self, mapped_list):
        """Read the companies of a batch in one go, and leads of those known."""
        known = [mapped.pop("loaded_id") for mapped in mapped_list]
        self._own_leads.prefetch([res_id for res_id in known if res_id])
        if self._own_lines:
            self._cut_circles([m for m in mapped_list if m.vals.get("parent_id")])
        ids = {mapped.vals.get("parent_id") for mapped in mapped_list} - {None}
        self._companies = {
            company.id: facts_of(company)
            for company in self.env[self.model].browse(ids)
        }
        self._tags = self._tags_of(ids) if self.project._inherits_tags() else {}

    def _tags_of(self, ids):
        """Return ``{company: ids of the tags that the source gave it}``."""
        links = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", self.model),
                ("res_id", "in", list(ids)),
                ("origin", "=", "created"),
            ],
            ["res_id", "base_values"],
        )
        return {
            link.res_id: (link.base_values or {}).get("category_id") or []
            for link in links
        }

    def _cut_circles(self, mapped_list):
        """A contact that was loaded without what it refers to stays that way."""
        links = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=", self.mapper.object.name),
                ("external_id", "in", [m.record.external_id for m in mapped_list]),
            ],
            ["external_id", "res_id"],
        )
        own = {link.external_id: link.res_id for link in links}
        for mapped in mapped_list:
            res_id = own.get(mapped.record.external_id)
            above = self.env[self.model].browse(mapped.vals["parent_id"])
            name = above.name
            while res_id and above:
                if above.id == res_id:
                    del mapped.vals["parent_id"]
                    message = self.env._("A circle: it stands above its own company.")
                    self.remark(mapped, "parent_id", message, "cycle", name)
                    break
                above = above.parent_id

    def finish(self, mapped):
        if mapped.pop("_merged_into"):
            mapped.inputs["same_as"] = mapped.pop("_merged_into")
            mapped.inputs["reason"] = self.env._("Merged into another by the source.")
            return {}
        self._hierarchy.check(mapped.record)
        vals = self.constants | mapped.vals
        self._kind(mapped, vals)
        vals["name"] = person_name(self, mapped, vals)
        if vals.get("x_mobile"):
            vals.setdefault("phone", vals["x_mobile"])
        # always given: what the source takes out of its archive comes back
        vals["active"] = not is_archived(mapped)
        if vals.get("is_company") or vals.get("parent_id"):
            # the text is for people whose company is no contact of its own
            vals.pop("company_name", None)
        self.give_owner(mapped, vals)
        vals.setdefault("lang", self._lang)
        if self._company_id:
            vals["company_id"] = self._company_id
        self._tax_id(mapped, vals)
        if vals.get("parent_id"):
            self._take_from_company(mapped, vals)
            self._inherit_tags(mapped, vals)
        mapped.vals = vals
        return vals

    def _tax_id(self, mapped, vals):
        """A tax id that Odoo refuses is kept in the notes; the record lands.

        Only with Odoo's own check of tax ids installed (base_vat).
        """
        partners = self.env[self.model]
        if not vals.get("vat") or "perform_vies_validation" not in partners._fields:
            return
        country = self.env["res.country"].browse(vals.get("country_id"))
        try:
            partners._run_vat_checks(country, vals["vat"], vals["name"])
        except ValidationError:
            text = vals.pop("vat")
            message = self.env._("Odoo refuses this tax id: kept in the notes.")
            self.remark(mapped, "vat", message, "moved", text)
            fact = Markup("<p>%s: %s</p>") % (self.source_of("vat"), text)
            vals["comment"] = Markup(vals.get("comment") or "") + fact

    def _kind(self, mapped, vals):
        """Tell companies from people; a family is what the project says."""
        text = mapped.pop("_type")
        if not text:
            return
        found = is_company_word(text)
        if "is_company" in self.constants:
            # the whole object is one or the other
            is_plain = fold(text) == "family" and self.project.families == "parent"
            vals["is_company"] = vals["is_company"] and not is_plain
            return
        vals["is_company"] = bool(found)
        note_unknown_type(self, mapped)

    def bind(self, mapped):
        return mapped.pop("same_as")

    def renew(self, mapped, link):
        return self.tell_unfollowed(mapped, link)

    def _take_from_company(self, mapped, vals):
        """Do for a contact of a company what Odoo's own sync would do, in values.

        The sync itself is off: it would replace a person's address by the company's,
        or the company's by the person's. A person with an address of their own
        becomes type "Other", which Odoo leaves alone.
        """
        shared, commercial = self._companies[vals["parent_id"]]
        own = {name: vals[name] for name in ADDRESS if vals.get(name)}
        vals["type"] = "contact"
        if not own:
            self._share(mapped, vals, shared)
        elif any(vals.get(name, False) != shared[name] for name in ADDRESS):
            vals["type"] = "other"
        if not vals.get("is_company"):
            self._keep_own(mapped, vals, commercial)
            self._share(mapped, vals, commercial)

    def _share(self, mapped, vals, facts):
        """Take over what the company has; nothing is left of the company before."""
        known = mapped.pop("loaded_id")
        for name, value in facts.items():
            if value or (known and not vals.get(name)):
                vals[name] = value

    def _keep_own(self, mapped, vals, commercial):
        """Keep in the notes what Odoo lets a company decide, where it differs."""
        partners = self.env[self.model]
        for name, value in commercial.items():
            if not value or vals.get(name) in (None, False, value):
                continue
            field = partners._fields[name]
            label = field.get_description(self.env, ["string"])["string"]
            text = vals[name]
            if field.type == "many2one":
                text = self.env[field.comodel_name].browse(text).display_name
            message = self.env._("The company has another one: kept in the notes.")
            self.remark(mapped, name, message, "moved", text)
            fact = Markup("<p>%s: %s</p>") % (label, text)
            vals["comment"] = Markup(vals.get("comment") or "") + fact

    def _inherit_tags(self, mapped, vals):
        """Give a contact the tags of its company, where members inherit them."""
        tags = self._tags.get(vals["parent_id"])
        if tags:
            own = vals["category_id"][0][2] if vals.get("category_id") else []
            vals["category_id"] = [Command.set(sorted({*own, *tags}))]
            message = self.env._("With the tags inherited from the company.")
            self.remark(mapped, "category_id", message)

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)

    def write(self, record, vals):
        self._changes.remember(record, vals)
        with self._own_leads.keeping(record, vals):
            record.write(keep_owner(record, vals))

    def carry_on(self, run):
        return self._changes.carry_on(run)


def person_name(target, mapped, vals):
    """Return the name of a contact: whole, from its parts, or the e-mail.

    :raise MappingError: when there is none
    """
    parts = (mapped.pop("_first_name"), mapped.pop("_last_name"))
    name = (
        vals.get("name")
        or mapped.pop("_full_name")
        or " ".join(part for part in parts if part)
        or vals.get("email")
    )
    if not name:
        raise MappingError(
            target.env._("The record has neither a name nor an e-mail."),
            target.source_of("_full_name") or target.source_of("name"),
        )
    return name


def note_unknown_type(target, mapped):
    """Say that a word which is no known type was read as a person."""
    text = mapped.pop("_type")
    if text and is_company_word(text) is None:
        message = target.env._("Not a known type: read as a person.")
        target.remark(mapped, "_type", message, "unreadable", text)


def is_archived(mapped):
    """Return whether the source calls the contact archived."""
    return fold(mapped.pop("_status")) == "archived" or bool(mapped.pop("_archived"))
