"""Find out which records of the source are the same as others, before the load."""

from collections import defaultdict
from typing import NamedTuple

from odoo.tools import SQL, split_every

from ...tools.converters import to_email
from ...tools.fingerprint import fold
from ..keys import clean_id, key_of
from ..map.pipelines import lines_by_target
from ..structure.contact_kinds import is_company_word
from ..structure.lone_contacts import LoneContacts
from .existing import existing_facts
from .rules import (
    EXISTING_ONLY,
    RULES,
    SHARED_LIMIT,
    SOURCE_ONLY,
    Facts,
    key_by,
    phone_key,
    vat_key,
)

#: Targets whose records may be duplicates.
MATCHED_TARGETS = {"partner", "contact"}
#: Candidates that are shown to a person.
MOST = 8


class Row(NamedTuple):
    """One staged record: facts, whether it was loaded, whether it makes a lead."""

    id: int
    name: str
    facts: Facts
    is_loaded: bool
    is_lead: bool


class Index:
    """What was seen so far, by the key of every rule.

    A place is ``(model, id)`` of a record in Odoo, or ``("staged", id)``.
    """

    def __init__(self, rules):
        self.rules = rules
        self._existing = {
            key: defaultdict(list) for key, _a in rules if key not in SOURCE_ONLY
        }
        self._staged = {
            key: defaultdict(list) for key, _a in rules if key not in EXISTING_ONLY
        }
        self._same_as = {}
        self._emails = {}

    def add_existing(self, place, facts, is_lead):
        """Take in a record of Odoo."""
        for key, places in self._existing.items():
            if (value := key_by(key, facts)) is not None:
                places[value].append((place, is_lead))

    def add(self, row, place):
        """Take in a record of the source, and what it is the same as."""
        self._same_as[row.id] = place
        self._emails[row.id] = row.facts.email
        for key, ids in self._staged.items():
            if (value := key_by(key, row.facts)) is not None:
                ids[value].append(row.id)

    def verdict(self, row):
        """Return ``(rule, auto or open, candidates)`` or None."""
        for key, action in self.rules:
            candidates = self._candidates(key, row)
            if candidates and action == "apart":
                return None
            if candidates:
                is_sure = action == "merge" and len(candidates) == 1
                return key, "auto" if is_sure else "open", candidates
        return None

    def _candidates(self, key, row):
        value = key_by(key, row.facts)
        if value is None:
            return []
        found = [
            place
            for place, is_lead in self._existing.get(key, {}).get(value, ())
            if row.is_lead or not is_lead
        ]
        others = self._staged.get(key, {}).get(value, ())
        if key in ("name_phone", "name_company"):
            # two ids and two e-mails of one source are two people
            mails = {row.facts.email, ""} if row.facts.email else None
            others = [o for o in others if not mails or self._emails[o] in mails]
        if key == "email_name" or len(others) < SHARED_LIMIT:
            found += [self._same_as[other] for other in others]
        return list(dict.fromkeys(found))


class Matcher:
    """Decides by the project's rules what is the same, and lists what it cannot.

    Everything is looked up in a few queries an object: the source's own records by
    keys in memory, Odoo's by one query. What a person decided stays decided.
    """

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.rules = [
            (rule.key, rule.action) for rule in project.match_rule_ids.sorted()
        ]

    def find(self, is_light=False):
        """Refresh the decision list of every object. Return how many wait.

        :param is_light: only of objects with records that are to be created
        """
        for obj in self.project.object_ids:
            if obj.target in MATCHED_TARGETS and not (is_light and self._is_idle(obj)):
                self._forget(obj)
                self._find(obj)
        return self.project.waiting_count

    def _is_idle(self, obj):
        """Return whether all pending records of an object were loaded before."""
        return not self.env.execute_query(
            SQL(
                "SELECT FROM migration_staged_record rec"
                " WHERE rec.object_id = %s AND rec.state = 'pending' AND NOT EXISTS"
                " (SELECT FROM migration_crosswalk link"
                " WHERE link.staged_record_id = rec.id) LIMIT 1",
                obj.id,
            )
        )

    def _forget(self, obj):
        """Drop what rules found before, unless a person decided or it was loaded."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM migration_match found WHERE object_id = %s"
                " AND state IN ('open', 'auto') AND NOT EXISTS"
                " (SELECT 1 FROM migration_crosswalk link"
                " WHERE link.staged_record_id = found.staged_record_id)",
                obj.id,
            )
        )
        self.env.invalidate_all()

    def _find(self, obj):
        rows = self._rows(obj)
        decided = self._decided(obj)
        index = Index(self.rules)
        facts = {row.facts for row in rows if not row.is_loaded}
        for known in existing_facts(
            self.project, facts, any(row.is_lead for row in rows)
        ):
            index.add_existing(*known)
        verdicts = []
        # what is there already counts first, then contacts before leads
        for row in sorted(rows, key=lambda r: (not r.is_loaded, r.is_lead, r.id)):
            place = ("staged", row.id)
            if row.id in decided:
                place = decided[row.id] or place
            elif not row.is_loaded and (verdict := index.verdict(row)):
                verdicts.append((row, *verdict))
                if verdict[1] == "auto":
                    place = verdict[2][0]
            index.add(row, place)
        self._write(obj, verdicts, rows)

    # -- reading -------------------------------------------------------------------

    def _rows(self, obj):
        """Return the :class:`Row` list of an object, without what was merged there."""
        lines = lines_by_target(obj)
        fields = ("_type", "parent_id", "company_name", "phone", "x_mobile", "vat")
        fields += ("email", "_merged_into")
        headers = [lines[name].source_field if name in lines else "" for name in fields]
        found = self.env.execute_query(
            SQL(
                "SELECT id, external_id, name, email_key, %s, EXISTS (SELECT 1"
                " FROM migration_crosswalk link WHERE link.staged_record_id = rec.id)"
                " FROM migration_staged_record rec WHERE object_id = %s"
                " AND (state <> 'excluded' OR reason_code = 'left_out')"
                " AND COALESCE(reason_code, '') NOT IN ('duplicate_id', 'repeated')"
                " ORDER BY id",
                SQL(", ").join(SQL("COALESCE(payload ->> %s, '')", n) for n in headers),
                obj.id,
            )
        )
        names = self._company_names(obj, lines.get("parent_id"))
        leads = set(LoneContacts(obj).lead_ids) if obj.target == "contact" else set()
        constant = obj._spec().get("constants", {}).get("is_company")
        are_plain = self.project.families == "parent"
        rows = []
        for res_id, external_id, name, email_key, *texts, is_loaded in found:
            kind, parent, company, phone, mobile, vat, email, merged = texts
            if merged:
                continue
            is_company = bool(is_company_word(kind)) if constant is None else constant
            facts = Facts(
                is_company=is_company and not (are_plain and fold(kind) == "family"),
                name=key_of(name or ""),
                email=_email(email or email_key),
                phone=phone_key(phone) or phone_key(mobile),
                company=""
                if is_company
                else names.get(clean_id(parent)) or key_of(parent or company),
                vat=vat_key(vat),
                reference=key_of(external_id),
            )
            rows.append(Row(res_id, name, facts, is_loaded, res_id in leads))
        return rows

    def _company_names(self, obj, line):
        """Return ``{external id: folded name}`` of what the company field refers to."""
        spec = (
            obj._spec().get("fields", {}).get(line.canonical_field, {}) if line else {}
        )
        other = self.project._object(spec.get("object"))
        if not other:
            return {}
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT external_id, name_key FROM migration_staged_record"
                    " WHERE object_id = %s",
                    other.id,
                )
            )
        )

    def _decided(self, obj):
        """Return ``{staged id: the same place, or None}`` of what is settled."""
        matches = self.env["migration.match"].search([("object_id", "=", obj.id)])
        return {
            match.staged_record_id.id: _place(match.candidate_id)
            if match.state in ("take", "auto")
            else None
            for match in matches
        }

    # -- writing -------------------------------------------------------------------

    def _write(self, obj, verdicts, rows):
        names = {("staged", row.id): row.name for row in rows}
        for chunk in split_every(500, verdicts):
            places = {place for *_rest, found in chunk for place in found[:MOST]}
            self._names_in_odoo(places, names)
            matches = self.env["migration.match"].create(
                [
                    {
                        "project_id": self.project.id,
                        "object_id": obj.id,
                        "staged_record_id": row.id,
                        "rule": rule,
                        "score": RULES[rule][2],
                        "evidence": self._evidence(rule, row),
                        "state": state,
                        "candidate_ids": [
                            (0, 0, _candidate(place, names)) for place in found[:MOST]
                        ],
                    }
                    for row, rule, state, found in chunk
                ]
            )
            for match in matches:
                match.candidate_id = match.candidate_ids[:1]

    def _names_in_odoo(self, places, names):
        for model in ("res.partner", "crm.lead"):
            ids = [res_id for where, res_id in places if where == model]
            for record in self.env[model].browse(ids):
                names[model, record.id] = record.display_name

    def _evidence(self, rule, row):
        label = dict(
            self.env["migration.match"]._fields["rule"]._description_selection(self.env)
        )[rule]
        shown = {
            "email": row.facts.email,
            "email_name": row.facts.email,
            "email_source": row.facts.email,
            "name_phone": row.facts.phone,
            "name_company": row.facts.company,
            "vat": row.facts.vat,
            "reference": row.facts.reference,
        }.get(rule, row.facts.name)
        return f"{label}: {shown}"


def _email(text):
    """Return the first address of a field, "" where there is none."""
    try:
        return (to_email(text)[0] or "").lower() if text else ""
    except ValueError:
        return ""


def _place(candidate):
    if not candidate:
        return None
    if candidate.res_model:
        return (candidate.res_model, candidate.res_id)
    return ("staged", candidate.staged_record_id.id)


def _candidate(place, names):
    where, res_id = place
    vals = {"name": names.get(place) or f"{where} {res_id}"}
    if where == "staged":
        return vals | {"staged_record_id": res_id}
    return vals | {"res_model": where, "res_id": res_id}
