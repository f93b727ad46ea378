"""The schema plan: what Odoo needs before data can land."""

import re
from functools import cached_property

from odoo.tools import SQL

from ..tools.converters import split_multi, to_text
from .amounts import KEPT_FIELDS
from .associations import COMPANIONS, LABEL_KIND, LABEL_MODEL
from .keys import key_of
from .label_words import LabelWords, labelled, model_vals
from .pipelines import Pipelines, lines_by_target
from .schema_leads import plan_leads
from .schema_models import ModelPlanner
from .targets import TARGETS
from .targets.tag import listed_tags
from .transforms import tag_kind
from .values import cell_text

#: kind -> (model, order in the plan); records are told apart by their folded name
VOCABULARIES = {
    "tag": ("crm.tag", 30),
    "category": ("res.partner.category", 31),
    "lost_reason": ("crm.lost.reason", 32),
    "source": ("utm.source", 33),
    "industry": ("res.partner.industry", 34),
    "equipment_category": ("maintenance.equipment.category", 35),
    "medium": ("utm.medium", 35),
    "campaign": ("utm.campaign", 36),
    LABEL_KIND: (LABEL_MODEL, 45),
}
_ORDER = {
    "team": 10,
    "stage": 20,
    "model": 40,
    "field": 50,
    "option": 55,
    "window": 58,
    "view": 60,
    "setting": 70,
}
#: form view that gets a tab, per model
FORMS = {
    "res.partner": "base.view_partner_form",
    "crm.lead": "crm.crm_lead_view_form",
    "maintenance.equipment": "maintenance.hr_equipment_view_form",
}


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
        self._labels()
        plan_leads(self)
        ModelPlanner(self).plan()
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

    # -- teams and stages ------------------------------------------------------

    def _pipelines(self):
        index = Pipelines(self.project)
        listed, counts = {}, {}
        for key, stage in index.stages.items():
            listed[key] = stage | {"reason": self.env._("Listed by the source.")}
        for obj in self.project.object_ids.filtered(lambda obj: obj.target == "lead"):
            for key, names, count in self._used_stages(obj, index):
                counts[key] = counts.get(key, 0) + count
                listed.setdefault(key, names)
        for key, stage in listed.items():
            stage.setdefault(
                "reason", self.env._("Only seen on %s deals.", counts.get(key))
            )
            if stage["name"]:
                self._stage(key, stage, counts.get(key, 0))

    def _used_stages(self, obj, index):
        """Yield ``(key, names, deals)`` of the stages that deals are in."""
        lines = lines_by_target(obj)
        if "stage_id" not in lines and "_stage_name" not in lines:
            return
        names = ("_pipeline", "_pipeline_name", "stage_id", "_stage_name")
        headers = [lines[n].source_field if n in lines else "" for n in names]
        for *values, count, _first in self._values(obj, *headers):
            pipelines, stages = values[:2], values[2:]
            key = index.stage(pipelines, stages)
            team = index.team_of(key, *pipelines)
            shown = {
                "pipeline": index.name_of(team, *pipelines),
                "team": team,
                "name": next(filter(None, map(to_text, reversed(stages))), ""),
                "sequence": 900,
            }
            yield key, shown, count

    def _stage(self, key, stage, count):
        team_key = stage["team"]
        team = self.items.get(("team", team_key))
        if not team:
            self._team(team_key, stage["pipeline"])
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
                "rotting_days": stage.get("rotting_days", 0),
            },
            record_count=count,
            reason=stage["reason"],
        )

    def _teams_of_others(self, key):
        """Return the teams of other pipelines: two of one name are not one."""
        planned = [
            item["res_id"]
            for (kind, other), item in self.items.items()
            if kind == "team" and other != key and item["res_id"]
        ]
        made = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "team" and item.key != key and item.res_id
        )
        return [*planned, *made.mapped("res_id")]

    def _team(self, key, name):
        shown = name or self.env._("Migrated Pipeline")
        match = self.env["crm.team"].search(
            [
                ("name", "=ilike", shown.replace("%", r"\%").replace("_", r"\_")),
                ("company_id", "in", [self.project.company_id.id, False]),
                ("id", "not in", self._teams_of_others(key)),
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
                kind = tag_kind(line.object_id._target_model())
            if kind not in VOCABULARIES:
                continue
            if line.transform == "tags":
                words = self._tags(line)
            else:
                words = self._values(line.object_id, line.source_field)
            for word, count, *_first in words:
                if word.strip():
                    self._word(kind, word.strip(), count, line)

    def _tags(self, line, ids=None):
        """Return ``[(tag, records)]``; an item of a list is one tag as it stands.

        :param ids: the staged records that count, else all of the object
        """
        some = SQL() if ids is None else SQL("AND id = ANY(%s)", list(ids))
        rows = self.env.execute_query(
            SQL(
                "SELECT tag, is_item, count(*) FROM (SELECT id,"
                " jsonb_array_elements_text(payload -> %(name)s) AS tag,"
                " true AS is_item FROM migration_staged_record"
                " WHERE object_id = %(object)s"
                " AND jsonb_typeof(payload -> %(name)s) = 'array' %(some)s"
                " UNION ALL SELECT id, payload ->> %(name)s, false"
                " FROM migration_staged_record WHERE object_id = %(object)s"
                " AND jsonb_typeof(payload -> %(name)s) <> 'array' %(some)s) cell"
                " WHERE tag <> '' GROUP BY tag, is_item ORDER BY min(id)",
                name=line.source_field,
                object=line.object_id.id,
                some=some,
            )
        )
        return [
            (word, count)
            for text, is_item, count in rows
            for word in split_multi([text] if is_item else text)
        ]

    def _word(self, kind, word, count, line):
        key = key_of(word)
        if (kind, key) in self.items:
            self.items[kind, key]["record_count"] += count
            return
        match = self._existing(kind).get(key)
        color = None
        if kind in ("tag", "category"):
            word, color = self._listed_tags.get(key, (word, None))
        self._add(
            kind,
            key,
            word,
            vals={"name": word} | ({"color": color} if color else {}),
            action="reuse" if match else "create",
            res_id=match or False,
            record_count=count,
            reason=self.env._("Exists already.")
            if match
            else self.env._("Value of %s.", line.source_field),
        )

    @cached_property
    def _listed_tags(self):
        return listed_tags(self.project)

    def _existing(self, kind):
        """Return ``{folded name: id}`` of the records a word may be matched with."""
        cache = self.__dict__.setdefault("_known_words", {})
        if kind not in cache:
            records = self.env[VOCABULARIES[kind][0]].with_context(active_test=False)
            companies = [self.project.company_id.id, False]
            is_shared = "company_id" not in records._fields
            domain = [] if is_shared else [("company_id", "in", companies)]
            cache[kind] = {
                key_of(record[record._rec_name]): record.id
                for record in records.search(domain, order="id desc")
            }
        return cache[kind]

    def _labels(self):
        """The words that links are labelled with, and the model that holds them."""
        lines = self._mapped_lines()
        words = LabelWords(self.project).collect(lines)
        if not words and not labelled(lines):
            return
        self._add(
            "model",
            LABEL_MODEL,
            self.env._("Association Label"),
            vals=model_vals(self.env),
            res_model="ir.model",
            action="reuse" if LABEL_MODEL in self.env else "create",
            record_count=sum(entry["count"] for entry in words.values()),
            reason=self.env._(
                "Words such as “Decision Maker” by which people filter contacts and "
                "opportunities."
            ),
        )
        existing = self._existing(LABEL_KIND) if LABEL_MODEL in self.env else {}
        for key, entry in words.items():
            match = existing.get(key)
            self._add(
                LABEL_KIND,
                key,
                entry["name"],
                vals={
                    "name": entry["name"],
                    "x_inverse": "; ".join(entry["inverse"]),
                    "x_usage": "; ".join(entry["usage"]),
                },
                action="reuse" if match else "create",
                res_id=match or False,
                record_count=entry["count"],
                reason=self.env._("Exists already.")
                if match
                else self.env._("A label of the source's links."),
            )

    # -- custom fields -----------------------------------------------------------

    def _mapped_lines(self):
        return self.project.mapping_line_ids.filtered(
            lambda line: line.object_id.target
            and line.fate in ("mapped", "transformed")
        )

    def _fields(self):
        tabs = {}
        wanted = [
            (is_second, model, line, *field)
            for line in self._mapped_lines()
            for is_second, model in enumerate(self._models_of(line.object_id))
            for field in self._wanted(line)
        ]
        # what a model's own object says of a field counts more than a guest's
        for _rank, model, line, *field, more in sorted(wanted, key=lambda row: row[0]):
            self._field(model, *field, line, **more)
            tabs[model] = tabs.get(model, 0) + 1
        if self.project.currency_rule == "keep":
            self._kept_amounts(tabs)
        for key in dict.fromkeys(self.project.object_ids.mapped("target")):
            own = TARGETS[key].own_fields(self.env) if key else ()
            for model, name, ttype, label, reason, *more in own:
                more = more[0] if more else {}
                self._field(model, name, ttype, label, reason=reason, **more)
                tabs[model] = tabs.get(model, 0) + 1
        shows = self.env._("Shows the custom fields on the form.")
        for model, count in tabs.items():
            if model in FORMS:
                self._add(
                    "view",
                    model,
                    self.env._("Tab on %s", self.env[model]._description),
                    vals={"model": model},
                    record_count=count,
                    reason=" ".join(filter(None, [shows, self._note(model)])),
                )

    def _models_of(self, obj):
        """Return the models that get the custom fields of an object."""
        cache = self.__dict__.setdefault("_known_models", {})
        if obj not in cache:
            cache[obj] = TARGETS[obj.target].field_models(obj)
        return cache[obj]

    def _kept_amounts(self, tabs):
        """Fields for what the source says of an amount, where the rule keeps it."""
        lines = self._mapped_lines().filtered(
            lambda line: line.target_field == "expected_revenue"
        )
        labels = {
            "x_source_amount": self.env._("Amount at Source"),
            "x_source_currency": self.env._("Currency at Source"),
            "x_source_rate_date": self.env._("Converted at the Rate of"),
        }
        for name, ttype in KEPT_FIELDS.items() if lines else ():
            self._field("crm.lead", name, ttype, labels[name], lines[0])
            tabs["crm.lead"] = tabs.get("crm.lead", 0) + 1

    def _wanted(self, line):
        """Yield the custom fields that one line writes into."""
        name = line.target_field or ""
        if name.startswith("x_"):
            spec = line.object_id._spec()["fields"].get(line.canonical_field, {})
            label = spec.get("label") or _readable(
                line.canonical_field or line.source_field
            )
            ttype = line.new_field_type or "char"
            relation = line._relation() if ttype in ("many2one", "many2many") else ""
            more = {"relation": relation} if relation else {}
            yield name, ttype, label, more
            if line.transform == "links":
                yield from self._companions(spec)
        if (line.rest_field or "").startswith("x_"):
            label = line.rest_field[2:].replace("_", " ").title()
            yield line.rest_field, "char", label, {}

    def _companions(self, spec):
        """Yield the fields that keep the labels of a list of links."""
        for key, ttype in COMPANIONS.items():
            if key in spec:
                own = spec[key]
                relation = {"relation": LABEL_MODEL} if key == "words" else {}
                yield own["name"], own.get("custom", ttype), own["label"], relation

    def _note(self, model):
        """Return what is to be said of the branch that was taken for a model."""
        notes = {
            TARGETS[key].plan_note(self.env)
            for key in self.project.object_ids.mapped("target")
            if key and TARGETS[key].model == model
        }
        return " ".join(sorted(notes - {""}))

    def _field(self, model, name, ttype, label, line=None, reason="", **more):
        key = f"{model}.{name}"
        if ("field", key) in self.items:
            return
        field = self.env["ir.model.fields"]._get(model, name)
        label = label if field else self._free_label(model, label)
        self._add(
            "field",
            key,
            label,
            vals={"model": model, "name": name, "ttype": ttype, "label": label}
            | _relation_vals(self.env, model, name, ttype, more),
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
            else reason,
        )

    def _free_label(self, model, label):
        """Two fields of one form with the same label cannot be told apart."""
        models = [model, "res.users"] if model == "res.partner" else [model]
        taken = {
            field.get_description(self.env, ["string"])["string"]
            for name in models
            if name in self.env
            for field in self.env[name]._fields.values()
        } | {
            item["name"]
            for (kind, key), item in self.items.items()
            if kind == "field" and key.partition(".x_")[0] in models
        }
        return self.env._("%s (Source)", label) if label in taken else label


def _relation_vals(env, model, name, ttype, more):
    """Return what a field that links to records needs besides.

    Odoo names the table of a custom many2many after the two models: two fields
    between the same models would share their links.
    """
    if ttype == "many2many":
        table = f"x_{env[model]._table}_{name.removeprefix('x_')}_rel"[:63]
        return more | {
            "relation_table": table,
            "column1": "record_id",
            "column2": "linked_id",
        }
    if ttype == "many2one":
        return more | {"on_delete": "set null"}
    return more


def _readable(name):
    """Return a header as a label: ``custom.sq_ft`` of a live source as ``Sq Ft``."""
    text = re.sub(r"^(custom|answer|references)\.", "", name)
    if text != text.lower() or " " in text:
        return text
    return " ".join(re.split(r"[._\s]+", text)).title()
