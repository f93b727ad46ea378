"""People without a company: which of them become leads, decided before the load."""

from functools import cached_property

from odoo.tools import SQL

from ...tools.fingerprint import fold
from ..map.links import item_text, items_of, mentions
from ..map.pipelines import lines_by_target
from .contact_kinds import is_company_word
from .kinship import Kinship


class LoneContacts:
    """Tells for each person without a company what becomes of them, and why.

    A person whom a deal names is a customer, whatever the source calls them: Odoo's
    opportunities need a contact. So is one under whom the source lists others.
    """

    def __init__(self, obj, kinship=None):
        self.object = obj
        self.project = obj.project_id
        self.env = obj.env
        self.kinship = kinship or Kinship(obj)

    @cached_property
    def decisions(self):
        """Return ``{staged id: (is a lead, reason)}`` of people without a company."""
        customers = self._customers()
        found = {}
        for kin in self.kinship.rows.values():
            if is_company_word(kin.kind) or self._has_company(kin) or kin.is_excluded:
                continue
            if self.kinship.survivor(kin).id != kin.id:
                continue
            found[kin.id] = self._decide(kin, kin.id in customers)
        return found

    @property
    def lead_ids(self):
        """Return the ids of the staged records that become leads."""
        return [res_id for res_id, (is_lead, _why) in self.decisions.items() if is_lead]

    def _has_company(self, kin):
        """A company that the source deleted, or does not list, is none."""
        if not self.kinship.is_own("parent_id"):
            return bool(kin.parent)
        above = self.kinship.parent(kin)
        return above is not None and not above.is_excluded and above.id != kin.id

    def _decide(self, kin, is_customer):
        rule, word = self.project.lone_contacts, fold(kin.kind)
        if rule == "contacts":
            return False, self.env._(
                "A person without company: a contact, as the project says."
            )
        if is_customer:
            return False, self.env._(
                "A person without company whom others refer to: a contact."
            )
        if rule == "leads":
            return True, self.env._(
                "A person without company: a lead, as the project says."
            )
        if not word or word == "customer":
            return False, self.env._("A customer without company: a contact.")
        if kin.parent:
            return True, self.env._(
                "A person whose company is not in the source: a lead."
            )
        return True, self.env._("A person without company: a lead.")

    def _customers(self):
        """Return the ids of those whom deals, or other contacts, refer to."""
        texts = set()
        for other in self.project.object_ids:
            if other.target in CUSTOMERS_OF:
                for line in lines_by_target(other).values():
                    texts |= self._named_by(other, line)
        named = self.kinship.find(texts)
        named += filter(None, map(self.kinship.parent, self.kinship.rows.values()))
        return {self.kinship.survivor(kin).id for kin in named}

    def _named_by(self, other, line):
        """Return how the records of another object name contacts in one field."""
        spec = other._spec().get("fields", {}).get(line.canonical_field, {})
        is_link = self.object.name in spec.get("objects", {}).values()
        if spec.get("object") != self.object.name and not is_link:
            return set()
        kind = lines_by_canonical(other).get(spec.get("kind"), "")
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT payload ->> %s, payload ->> %s"
                " FROM migration_staged_record WHERE object_id = %s",
                line.source_field,
                kind,
                other.id,
            )
        )
        if is_link:
            return {
                text
                for raw, word in rows
                for name, _word, text in mentions(spec, raw, word)
                if name == self.object.name
            }
        key = spec.get("item", "id")
        texts = {item_text(item, key) for raw, _k in rows for item in items_of(raw)}
        return (texts | {raw or "" for raw, _kind in rows}) - {""}


#: Targets whose records have a contact as their customer.
CUSTOMERS_OF = {"lead", "equipment", "equipment_text"}


def lines_by_canonical(obj):
    """Return ``{canonical field: source field}`` of an object's map."""
    return {
        line.canonical_field: line.source_field
        for line in obj.mapping_line_ids
        if line.canonical_field
    }
