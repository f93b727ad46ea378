"""The schema plan: what Odoo needs before data can land."""

from functools import cached_property

from odoo.tools import SQL

from ...tools.converters import printable, split_multi, to_text
from ..keys import key_of
from ..map.associations import LABEL_KIND, LABEL_MODEL
from ..map.label_words import LabelWords, labelled, model_vals
from ..map.pipelines import Pipelines, lines_by_target
from ..map.transforms import tag_kind
from ..targets.tag import listed_tags
from ..values import cell_text
from .existing import ids_by_name
from .fields import FieldPlanner
from .leads import plan_leads
from .models import ModelPlanner
from .tasks import plan_task_stages

#: kind -> (model, order in the plan); records are told apart by their folded name
VOCABULARIES = {
    "tag": ("crm.tag", 30),
    "category": ("res.partner.category", 31),
    "lost_reason": ("crm.lost.reason", 32),
    "source": ("utm.source", 33),
    "industry": ("res.partner.industry", 34),
    "project_tag": ("project.tags", 36),
    "task_stage": ("project.task.type", 37),
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
#: What a refresh writes into items that are not in place yet.
_REFRESHED = ("vals", "record_count", "total_count", "reason")
#: What a person does not have to agree to again when it changes.
_INCIDENTAL = {"label", "definitions", "help", "group"}


class SchemaPlanner:
    """Reads the map and the staged values; writes the plan, creates nothing."""

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.items = {}

    def plan(self):
        """Refresh the plan: new items are added, unneeded planned ones removed."""
        self._notice_lost()
        self._pipelines()
        self._vocabularies()
        self._labels()
        plan_leads(self)
        plan_task_stages(self)
        ModelPlanner(self).plan()
        FieldPlanner(self).plan()
        known = {(item.kind, item.key): item for item in self.project.schema_item_ids}
        for place, vals in self.items.items():
            objects = vals.pop("objects")
            vals["total_count"] = sum(objects.mapped("staged_count"))
            if place in known:
                self._refresh(known[place], vals)
            else:
                self.env["migration.schema.item"].create(
                    vals | {"project_id": self.project.id}
                )
        for place, item in known.items():
            # what a person left out stays on the list, to be taken in again
            left_out = item.kind == "field" and item.action == "skip"
            if place not in self.items and item.state != "done" and not left_out:
                item.unlink()

    def _refresh(self, item, vals):
        """Bring an item up to the map; a changed one wants a new confirmation."""
        if item.state == "done":
            return
        fresh = {name: vals[name] for name in _REFRESHED}
        if item.is_confirmed and _essence(item.vals) != _essence(vals["vals"]):
            fresh["is_confirmed"] = False
        item.write(fresh)

    def _notice_lost(self):
        """What somebody has deleted since is planned again; a view is left alone."""
        done = self.project.schema_item_ids.filtered(
            lambda item: item.state == "done" and item.res_model
        )
        for model, items in done.grouped("res_model").items():
            alive = set()
            if model in self.env:
                alive = set(self.env[model].browse(items.mapped("res_id")).exists().ids)
            for item in items.filtered(lambda i, alive=alive: i.res_id not in alive):
                self.env["migration.crosswalk"].search(
                    [
                        ("project_id", "=", self.project.id),
                        ("source_object", "=", f"schema:{item.kind}"),
                        ("external_id", "=", item.key),
                    ]
                ).unlink()
                item.write(
                    {
                        "state": "planned",
                        "res_id": False,
                        "action": "skip" if item.kind == "view" else "create",
                        "is_confirmed": False,
                    }
                )

    def _add(self, kind, key, name, **vals):
        """Add an item; ``objects`` are those whose records it serves."""
        self.items[kind, key] = {
            "kind": kind,
            "key": key,
            "name": printable(name),
            "sequence": _ORDER.get(kind) or VOCABULARIES[kind][1],
            "res_model": {"team": "crm.team", "stage": "crm.stage"}.get(kind)
            or (VOCABULARIES[kind][0] if kind in VOCABULARIES else False),
            "objects": self.env["migration.object"],
        } | vals

    @property
    def _some(self):
        """Narrow down the staged records that are looked at."""
        return SQL()

    def _values(self, obj, *names):
        """Return ``[(value, ..., records)]`` of the combinations that occur."""
        columns = SQL(", ").join(SQL("COALESCE(%s, '')", cell_text(n)) for n in names)
        places = SQL(", ").join(SQL(str(i + 1)) for i in range(len(names)))
        return self.env.execute_query(
            SQL(
                "SELECT %(columns)s, count(*), min(id) FROM migration_staged_record"
                " WHERE object_id = %(object)s %(some)s GROUP BY %(places)s"
                " ORDER BY min(id)",
                columns=columns,
                places=places,
                some=self._some,
                object=obj.id,
            )
        )

    # -- teams and stages ------------------------------------------------------

    def _pipelines(self):
        index = Pipelines(self.project)
        listed, counts = {}, {}
        for key, stage in index.stages.items():
            listed[key] = stage | {"reason": self.env._("Listed by the source.")}
        for obj in self._deals:
            for key, names, count in self._used_stages(obj, index):
                counts[key] = counts.get(key, 0) + count
                listed.setdefault(key, names)
        for key, stage in listed.items():
            stage.setdefault(
                "reason", self.env._("Only seen on deals: %s.", counts.get(key))
            )
            if stage["name"]:
                self._stage(key, stage, counts.get(key, 0))

    @property
    def _deals(self):
        return self.project.object_ids.filtered(lambda obj: obj.target == "lead")

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
        match = self._stage_in_place(team["res_id"], stage)
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
            action="reuse" if match else "create",
            res_id=match,
            record_count=count,
            objects=self._deals,
            reason=self.env._("The team has a stage of that name.")
            if match
            else stage["reason"],
        )

    def _stage_in_place(self, team_id, stage):
        """Return the id of the stage that a reused team has already, or False.

        Another one of the same name could not be told from it on the pipeline. One
        that is won while the source's is not, or the other way round, is another.
        """
        taken = {
            item["res_id"] for (kind, _), item in self.items.items() if kind == "stage"
        }
        same = self._stages_by_team.get(team_id, {}).get(key_of(stage["name"]), [])
        is_won = bool(stage.get("is_won"))
        return next(
            (
                found.id
                for found in self.env["crm.stage"].browse(same)
                if found.is_won == is_won and found.id not in taken
            ),
            False,
        )

    @cached_property
    def _stages_by_team(self):
        """Return ``{team id: {folded name: [stage id, ...]}}``."""
        stages = self.env["crm.stage"].search([("team_ids", "!=", False)])
        return {
            team.id: ids_by_name(
                stages.filtered(lambda s, team=team: team in s.team_ids)
            )
            for team in stages.team_ids
        }

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

    @cached_property
    def _teams_by_name(self):
        companies = [self.project.company_id.id, False]
        return ids_by_name(
            self.env["crm.team"].search([("company_id", "in", companies)])
        )

    def _team(self, key, name):
        shown = name or self.env._("Migrated Pipeline")
        taken = self._teams_of_others(key)
        same = self._teams_by_name.get(key_of(shown), [])
        match = next((res_id for res_id in same if res_id not in taken), False)
        self._add(
            "team",
            key,
            shown,
            vals={"name": shown},
            action="reuse" if match else "create",
            res_id=match,
            record_count=0,
            objects=self._deals,
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
        some = self._some if ids is None else SQL("AND id = ANY(%s)", list(ids))
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
            self.items[kind, key]["objects"] |= line.object_id
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
            objects=line.object_id,
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
            found = ids_by_name(records.search(domain))
            cache[kind] = {key: ids[0] for key, ids in found.items()}
        return cache[kind]

    def _labels(self):
        """The words that links are labelled with, and the model that holds them."""
        lines = self._mapped_lines()
        words = LabelWords(self.project).collect(lines)
        if not words and not labelled(self.project.object_ids, lines):
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

    def _mapped_lines(self):
        """Return the lines of the map that carry values into Odoo."""
        return self.project.mapping_line_ids.filtered(
            lambda line: line.object_id.target
            and line.fate in ("mapped", "transformed")
        )


def _essence(vals):
    """Return of an item's values what a person has agreed to."""
    return {name: vals[name] for name in vals or {} if name not in _INCIDENTAL}
