"""Carry out what was decided about duplicates, while a batch is loaded."""

from odoo.fields import Command

from ..map.mapper import Note
from ..targets.company import ADDRESS, joining
from ..undo.restore import alone, keep_owner, values_before
from ..values import portable, read_portable

#: What makes a record what it is: never taken over from a duplicate.
_OWN = {
    *("name", "is_company", "type", "lang", "company_id", "active", "partner_id"),
    *("team_id", "stage_id", "probability", "automated_probability", "contact_name"),
    *("date_open", "date_closed", "date_last_stage_update", "iap_enrich_done"),
}


class MatchApplier:
    """Places the records of a batch that are the same as others.

    Of the merged record only empty fields are filled. A record that existed before
    keeps in its crosswalk row what stood there, for the rollback.
    """

    def __init__(self, loader):
        self.loader = loader
        self.env = loader.env
        self.project = loader.project

    def place(self, mapped_list):
        """Note on each new record what it is the same as, or why it waits."""
        ids = [mapped.record.id for mapped in mapped_list]
        matches = self.env["migration.match"].search([("staged_record_id", "in", ids)])
        if not matches:
            return
        by_record = matches.grouped("staged_record_id")
        places = self._places(matches.candidate_id)
        for mapped in mapped_list:
            match = by_record.get(mapped.record)
            if match:
                self._place(mapped, match, places)

    def _place(self, mapped, match, places):
        if match.state == "leave":
            mapped.inputs["left_out"] = self.env._(
                "Left out: a duplicate, as somebody decided."
            )
        elif match.state == "open":
            self._wait(
                mapped, self.env._("Waits for your decision: %s", self._asked(match))
            )
        elif match.state in ("auto", "take"):
            found = places.get(match.candidate_id)
            if found:
                mapped.inputs.update(match=found, loaded_as=found[0], matched_by=match)
            elif match.candidate_id.staged_record_id:
                other = match.candidate_id.staged_record_id
                reason = other.reason or self.env._("it is not loaded yet")
                message = self.env._(
                    "It is the same as “%(name)s”, which is not loaded: %(reason)s",
                    name=other.display_name,
                    reason=reason,
                )
                self._wait(mapped, message)
            else:
                self._wait(
                    mapped,
                    self.env._("What it was the same as is gone: decide once more."),
                )

    def _asked(self, match):
        names = ", ".join(match.candidate_ids[:3].mapped("display_name"))
        return self.env._(
            "it may be %(names)s. %(evidence)s.", names=names, evidence=match.evidence
        )

    def _wait(self, mapped, message):
        mapped.error = ("waits", "", "", message)

    def _places(self, candidates):
        """Return ``{candidate: (model, id)}`` of those that are there."""
        rows = self.env["migration.crosswalk"].search_fetch(
            [("staged_record_id", "in", candidates.staged_record_id.ids)],
            ["staged_record_id", "res_model", "res_id"],
        )
        of_staged = {
            row.staged_record_id.id: (row.res_model, row.res_id) for row in rows
        }
        found, ids = {}, {}
        for candidate in candidates:
            place = of_staged.get(candidate.staged_record_id.id)
            if candidate.res_model:
                place = (candidate.res_model, candidate.res_id)
            if place:
                found[candidate] = place
                ids.setdefault(place[0], []).append(place[1])
        alive = {
            model: {*self.env[model].browse(some).exists().ids}
            for model, some in ids.items()
        }
        return {
            one: place for one, place in found.items() if place[1] in alive[place[0]]
        }

    # -- merging --------------------------------------------------------------------

    def merge(self, mapped, link_vals):
        """Fill the empty fields of what the record is the same as.

        Changes the values of the record's own crosswalk row.
        """
        model, res_id = mapped.pop("match")
        record = self.env[model].browse(res_id)
        filled, differing = self._sort(record, mapped.inputs["vals"], mapped)
        part = self.loader.target.part_for(model)
        if filled and part.own_link(record):
            part.amend(record, filled, mapped.record)
        elif filled:
            link_vals.update(self._fill(record, filled))
        self._tell(mapped, record, filled, differing)

    def _sort(self, record, vals, mapped):
        """Return ``(values for empty fields, names of fields that differ)``."""
        names = [n for n in vals if n not in _OWN and n in record._fields]
        now = read_portable(record, names + [n for n in ADDRESS if n not in names])
        now = now[record.id]
        has_address = any(now[name] for name in ADDRESS)
        filled, differing = {}, []
        for name in names:
            field, value = record._fields[name], vals[name]
            given = portable(field, value)
            if not given or given == now[name]:
                continue
            if field.type == "many2many":
                new = sorted({*given} - {*(now[name] or [])})
                if new:
                    filled[name] = [Command.link(res_id) for res_id in new]
            elif name == "user_id" and given == self.project.fallback_user_id.id:
                continue
            elif now[name] or (name in ADDRESS and has_address):
                differing.append(name)
            elif name != "parent_id" or self._may_stand_under(record, value):
                filled[name] = value
        company = record._name == "res.partner" and (
            record.browse(filled.get("parent_id")) or record.parent_id
        )
        if company and filled.keys() & {"parent_id", *ADDRESS}:
            filled |= joining(record, company, filled)
        return filled, differing

    def _may_stand_under(self, record, parent_id):
        """A company, or one above the parent, is put under nobody."""
        above = self.env[record._name].browse(parent_id)
        while above:
            if above == record:
                return False
            above = above.parent_id
        return not record.is_company

    def _fill(self, record, vals):
        """Write into a record that existed before; return what its row remembers."""
        vals = keep_owner(record, vals)
        names = list(vals)
        before = values_before(record, names)
        with alone(record, names):
            record.write(vals)
        return {
            "base_values": read_portable(record, names)[record.id],
            "previous_values": before,
        }

    def _tell(self, mapped, record, filled, differing):
        """Say what became of the record, in its reason and as findings."""
        match = mapped.pop("matched_by")
        reason = self.env._(
            "The same as “%(name)s”. %(evidence)s.",
            name=record.display_name,
            evidence=match.evidence,
        )
        if filled:
            reason += " " + self.env._("Filled in: %s.", self._labels(record, filled))
        if differing:
            reason += " " + self.env._(
                "Kept as it was: %s.", self._labels(record, differing)
            )
        mapped.inputs["reason"] = reason
        # a batch that Odoo refused is tried again in halves
        told = ("duplicate", "differs")
        mapped.notes = [note for note in mapped.notes if note.kind not in told]
        mapped.notes.append(Note("", "", record.display_name, "duplicate", reason))
        payload = self.loader.mapper.payload(mapped.record)
        renamed = self.loader.target.part_for(record._name).relation_fields
        for line in self.loader.mapper.lines:
            if renamed.get(line.target_field, line.target_field) in differing:
                value = str(payload.get(line.source_field) or "")
                message = self.env._(
                    "The merged record has another value, which is kept."
                )
                mapped.notes.append(
                    Note(
                        line.source_field, line.target_field, value, "differs", message
                    )
                )

    def _labels(self, record, names):
        fields = record._fields
        return ", ".join(
            fields[name].get_description(self.env, ["string"])["string"]
            for name in sorted(names)
        )
