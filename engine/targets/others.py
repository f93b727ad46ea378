"""What a record belongs to beside the one record that it is shown on."""

from ..keys import clean_id
from ..map.links import mentions


class OtherLinks:
    """Names the other records that a record of the source refers to.

    Odoo shows a message or an activity on one record. The customer of the deal that
    it is shown on is not named again.
    """

    def __init__(self, mapper):
        self.mapper = mapper
        self.env = mapper.env
        self.project = mapper.project
        specs = mapper.object._spec().get("fields", {})
        self._lines = [
            (line, specs.get(line.canonical_field, {}))
            for line in mapper.lines
            if line.transform == "reference"
        ]
        self._mentions = {}
        self._found = {}
        self._partners = {}

    def _mentioned(self, record):
        payload = self.mapper.payload(record)
        for line, spec in self._lines:
            raw = payload.get(line.source_field)
            if "objects" in spec:
                kind = payload.get(self.mapper.header(spec.get("kind")))
                yield from mentions(spec, raw, kind)
            elif raw:
                yield spec.get("object"), "", str(raw)

    def prefetch(self, mapped_list):
        """Look up the names of a batch, in two queries for each object."""
        self._mentions, wanted = {}, {}
        for mapped in mapped_list:
            found = list(dict.fromkeys(self._mentioned(mapped.record)))
            if len(found) > 1:
                self._mentions[mapped.record.id] = found
                for name, _word, text in found:
                    wanted.setdefault(name, set()).add(clean_id(text))
        self._found = {}
        for name, ids in wanted.items():
            if name:
                self._look_up(name, ids)
        leads = [link[1] for _n, link in self._found.values() if link[0] == "crm.lead"]
        self._partners = {
            lead.id: lead.partner_id.id
            for lead in self.env["crm.lead"].browse(leads).exists()
        }

    def _look_up(self, name, ids):
        staged = self.env["migration.staged.record"].search_fetch(
            [
                ("object_id", "=", self.project._object(name).id),
                ("external_id", "in", list(ids)),
            ],
            ["external_id", "name"],
        )
        links = self.env["migration.crosswalk"].search_fetch(
            [("staged_record_id", "in", staged.ids)],
            ["staged_record_id", "res_model", "res_id"],
        )
        places = {li.staged_record_id.id: (li.res_model, li.res_id) for li in links}
        for record in staged:
            place = places.get(record.id, (None, 0))
            self._found[name, record.external_id] = (record.name, place)

    def text(self, mapped, *homes):
        """Return the others as one text, "" without any; ``homes`` are left out."""
        names, own = [], [tuple(home) for home in homes if home]
        for model, res_id in tuple(own):
            if model == "crm.lead" and self._partners.get(res_id):
                own.append(("res.partner", self._partners[res_id]))
        for name, kind, text in self._mentions.get(mapped.record.id, ()):
            shown, place = self._found.get((name, clean_id(text)), (text, (None, 0)))
            if tuple(place) not in own:
                label = self.project._object_label(name) if name else kind
                names.append(f"{shown} ({label})")
        return "; ".join(names)
