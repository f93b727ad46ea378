"""The schema plan: what Odoo needs before data can land."""

from odoo.tools import SQL

from ..tools.converters import split_multi, to_boolean, to_integer
from .keys import key_of
from .targets import TARGETS
from .transforms import stage_key, tag_kind
from .values import cell_text

#: kind -> (model, order in the plan); records are told apart by their folded name
VOCABULARIES = {
    "tag": ("crm.tag", 30),
    "category": ("res.partner.category", 31),
    "lost_reason": ("crm.lost.reason", 32),
    "source": ("utm.source", 33),
    "industry": ("res.partner.industry", 34),
}
_ORDER = {"team": 10, "stage": 20, "field": 50, "view": 60}
#: form view that gets a tab, per model
FORMS = {"res.partner": "base.view_partner_form", "crm.lead": "crm.crm_lead_view_form"}


class SchemaPlanner:
    """Reads the map and the staged values; writes the plan, creates nothing."""

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.items = {}

    def plan(self):
        """Refresh the plan: new items are added, unneeded planned ones removed."""
        self._pipelines()
        self._vocabularies()
        self._fields()
        known = {(item.kind, item.key): item for item in self.project.schema_item_ids}
        for place, vals in self.items.items():
            if place in known:
                if known[place].state != "done":
                    known[place].write(
                        {
                            name: vals[name]
                            for name in ("vals", "record_count", "reason")
                        }
                    )
            else:
                self.env["migration.schema.item"].create(
                    vals | {"project_id": self.project.id}
                )
        for place, item in known.items():
            if place not in self.items and item.state != "done":
                item.unlink()

    def _add(self, kind, key, name, **vals):
        self.items[kind, key] = {
            "kind": kind,
            "key": key,
            "name": name,
            "sequence": _ORDER.get(kind) or VOCABULARIES[kind][1],
            "res_model": {"team": "crm.team", "stage": "crm.stage"}.get(kind)
            or (VOCABULARIES[kind][0] if kind in VOCABULARIES else False),
        } | vals

    def _values(self, obj, *names):
        """Return ``[(value, ..., records)]`` of the combinations that occur."""
        columns = SQL(", ").join(SQL("COALESCE(%s, '')", cell_text(n)) for n in names)
        places = SQL(", ").join(SQL(str(i + 1)) for i in range(len(names)))
        return self.env.execute_query(
            SQL(
                "SELECT %(columns)s, count(*), min(id) FROM migration_staged_record"
                " WHERE object_id = %(object)s GROUP BY %(places)s"
                " ORDER BY min(id)",
                columns=columns,
                places=places,
                object=obj.id,
            )
        )

    def _header(self, obj, canonical):
        line = obj.mapping_line_ids.filtered(
            lambda line: line.canonical_field == canonical and line.fate != "dropped"
        )[:1]
        return line.source_field or ""

    # -- teams and stages ------------------------------------------------------

    def _pipelines(self):
        deals = self.project._object("deals")
        used = {}
        if deals:
            names = (self._header(deals, "Pipeline"), self._header(deals, "Stage"))
            for pipeline, stage, count, _first in self._values(deals, *names):
                used[stage_key(pipeline, stage)] = (pipeline, stage, count)
        listed = self._listed_stages()
        for key, (pipeline, stage, count) in used.items():
            listed.setdefault(
                key,
                {
                    "pipeline": pipeline,
                    "name": stage,
                    "sequence": 900,
                    "reason": self.env._("Only seen on %s deals.", count),
                },
            )
        counts = {key: count for key, (_p, _s, count) in used.items()}
        for key, stage in listed.items():
            if stage["name"]:
                self._stage(key, stage, counts.get(key, 0))

    def _listed_stages(self):
        obj = self.project._object("pipeline_stages")
        stages = {}
        for record in obj.staged_record_ids if obj else []:
            payload = record.payload

            def get(name, payload=payload):
                return payload.get(self._header(obj, name))

            pipeline, name = get("Pipeline") or "", get("Stage") or ""
            key = stage_key(pipeline, name)
            stages.setdefault(
                key,
                {
                    "pipeline": str(pipeline).strip(),
                    "name": str(name).strip(),
                    "sequence": _quiet(to_integer, get("Order")) or len(stages) + 1,
                    "is_won": bool(_quiet(to_boolean, get("Is Won"))),
                    "is_lost": bool(_quiet(to_boolean, get("Is Lost"))),
                    "archived": bool(_quiet(to_boolean, get("Archived"))),
                    "probability": get("Probability") or "",
                    "reason": self.env._("Listed by the source."),
                },
            )
        return stages

    def _stage(self, key, stage, count):
        pipeline = stage["pipeline"]
        team_key = key_of(pipeline)
        team = self.items.get(("team", team_key))
        if not team:
            self._team(team_key, pipeline)
            team = self.items["team", team_key]
        team["record_count"] += count
        fold_it = stage.get("archived") or stage.get("is_lost") or False
        self._add(
            "stage",
            key,
            stage["name"],
            vals={
                "name": stage["name"],
                "sequence": stage["sequence"],
                "is_won": stage.get("is_won", False),
                "fold": fold_it or stage.get("is_won", False),
                "team": team_key,
                "is_lost": stage.get("is_lost", False),
                "probability": stage.get("probability", ""),
            },
            record_count=count,
            reason=stage["reason"],
        )

    def _team(self, key, name):
        shown = name or self.env._("Migrated Pipeline")
        match = self.env["crm.team"].search(
            [
                ("name", "=ilike", shown.replace("%", r"\%").replace("_", r"\_")),
                ("company_id", "in", [self.project.company_id.id, False]),
            ],
            limit=1,
        )
        self._add(
            "team",
            key,
            shown,
            vals={"name": shown},
            action="reuse" if match else "create",
            res_id=match.id,
            record_count=0,
            reason=self.env._("A team of that name exists.")
            if match
            else self.env._("One sales team per pipeline."),
        )

    # -- words -----------------------------------------------------------------

    def _vocabularies(self):
        for line in self._mapped_lines():
            kind = line.transform
            if kind == "tags":
                kind = tag_kind(TARGETS[line.object_id.target].model)
            if kind not in VOCABULARIES:
                continue
            for value, count, _first in self._values(line.object_id, line.source_field):
                words = split_multi(value) if line.transform == "tags" else [value]
                for word in filter(None, (word.strip() for word in words)):
                    self._word(kind, word, count, line)

    def _word(self, kind, word, count, line):
        key = key_of(word)
        if (kind, key) in self.items:
            self.items[kind, key]["record_count"] += count
            return
        match = self._existing(kind).get(key)
        self._add(
            kind,
            key,
            word,
            vals={"name": word},
            action="reuse" if match else "create",
            res_id=match or False,
            record_count=count,
            reason=self.env._("Exists already.")
            if match
            else self.env._("Value of %s.", line.source_field),
        )

    def _existing(self, kind):
        """Return ``{folded name: id}`` of the records a word may be matched with."""
        cache = self.__dict__.setdefault("_known_words", {})
        if kind not in cache:
            records = self.env[VOCABULARIES[kind][0]].with_context(active_test=False)
            cache[kind] = {
                key_of(record.name): record.id
                for record in records.search([], order="id desc")
            }
        return cache[kind]

    # -- custom fields -----------------------------------------------------------

    def _mapped_lines(self):
        return self.project.mapping_line_ids.filtered(
            lambda line: line.object_id.target
            and line.fate in ("mapped", "transformed")
        )

    def _fields(self):
        tabs = {}
        for line in self._mapped_lines():
            model = TARGETS[line.object_id.target].model
            for name, ttype, label in self._wanted(line):
                self._field(model, name, ttype, label, line)
                tabs.setdefault(model, 0)
                tabs[model] += 1
        if self.project._object("organization_members"):
            label = self.env._("Other Organizations")
            self._field("res.partner", "x_other_organizations", "char", label)
        for model, count in tabs.items():
            if model in FORMS:
                self._add(
                    "view",
                    model,
                    self.env._("Tab on %s", self.env[model]._description),
                    vals={"model": model},
                    record_count=count,
                    reason=self.env._("Shows the custom fields on the form."),
                )

    def _wanted(self, line):
        """Yield the custom fields that one line writes into."""
        name = line.target_field or ""
        if name.startswith("x_"):
            spec = line.object_id._spec()["fields"].get(line.canonical_field, {})
            label = spec.get("label") or line.canonical_field or line.source_field
            yield name, line.new_field_type or "char", label
        if (line.rest_field or "").startswith("x_"):
            label = line.rest_field[2:].replace("_", " ").title()
            yield line.rest_field, "char", label

    def _field(self, model, name, ttype, label, line=None):
        key = f"{model}.{name}"
        if ("field", key) in self.items:
            return
        field = self.env["ir.model.fields"]._get(model, name)
        label = label if field else self._free_label(model, label)
        self._add(
            "field",
            key,
            label,
            vals={"model": model, "name": name, "ttype": ttype, "label": label},
            res_model="ir.model.fields",
            action="reuse" if field else "create",
            res_id=field.id if field else False,
            record_count=int(line.fill_rate * line.object_id.staged_count)
            if line
            else 0,
            reason=self.env._(
                "For %(object)s: %(why)s",
                object=line.object_id.label,
                why=line.evidence or line.reason or line.source_field,
            )
            if line
            else self.env._("For members of several organizations."),
        )

    def _free_label(self, model, label):
        """Two fields of one form with the same label cannot be told apart."""
        models = [model, "res.users"] if model == "res.partner" else [model]
        taken = {
            field.get_description(self.env, ["string"])["string"]
            for name in models
            for field in self.env[name]._fields.values()
        } | {item["name"] for place, item in self.items.items() if place[0] == "field"}
        return self.env._("%s (Source)", label) if label in taken else label


def _quiet(convert, value):
    """Convert, or give None: the loader reports what cannot be read."""
    try:
        return convert(value)
    except ValueError:
        return None
