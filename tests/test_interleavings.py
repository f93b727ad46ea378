"""Random changes on both sides, pickups, decisions and rollbacks, against a model."""

import random

from .common import bundle, table
from .test_conflicts import ConflictCase

COUNT, ROUNDS = 100, 5
CITIES = ["", "Rome", "Oslo", "Paris", "Lima"]
TITLES = ["Chair", "Head", "Chief"]
TAGS = ["Gold", "Silver", "Bronze", "Ours"]
FIELDS = {"city": CITIES, "function": TITLES}


class Model:
    """What ought to be: base, source and Odoo of two fields and the tags."""

    def __init__(self, source):
        self.source = dict(source)
        self.staged = dict(source)
        self.base = dict(source)
        self.odoo = dict(source)
        self.open = {}
        self.is_edited = False

    def pick_up(self):
        """Apply a pickup; a row that is as it was is not looked at."""
        if self.source == self.staged:
            return
        self.staged = dict(self.source)
        self._settle(FIELDS)
        source, base = self.source["tags"], self.base["tags"]
        self.odoo["tags"] = (self.odoo["tags"] | (source - base)) - (base - source)
        self.base["tags"] = source

    def _settle(self, names):
        for name in names:
            source, base, odoo = (
                side[name] for side in (self.staged, self.base, self.odoo)
            )
            self.open.pop(name, None)
            if source == base:
                continue
            if odoo == base:
                self.odoo[name] = self.base[name] = source
            elif odoo == source:
                self.base[name] = source
            else:
                self.open[name] = (source, odoo)

    def decide(self, name, take, own):
        """Apply a decision to an open conflict; the record is looked at as a whole."""
        source, _odoo = self.open.pop(name)
        self.base[name] = source
        if take == "source":
            self.odoo[name] = source
        elif take == "own":
            self.odoo[name] = own
        self._settle([other for other in FIELDS if other != name])


class TestInterleavings(ConflictCase):
    """A hundred contacts, each with a story of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(20261122)
        cls.models = [Model(cls.anything()) for _number in range(COUNT)]
        cls.project = cls.migrated({"contacts.csv": cls.export()})
        names = [f"C-{number}" for number in range(COUNT)]
        links = cls.env["migration.crosswalk"].search(
            [("project_id", "=", cls.project.id), ("external_id", "in", names)]
        )
        found = {link.external_id: link.res_id for link in links}
        cls.partners = cls.env["res.partner"].browse([found[name] for name in names])
        categories = cls.env["res.partner.category"]
        cls.tags = {
            name: categories.search([("name", "=", name)], limit=1)
            or categories.create({"name": name})
            for name in TAGS
        }

    @classmethod
    def anything(cls):
        values = {name: cls.random.choice(some) for name, some in FIELDS.items()}
        # the first time everything is filled, so that every field has a base
        values["city"] = values["city"] or "Rome"
        return values | {"tags": frozenset(cls.random.sample(TAGS[:3], 2))}

    @classmethod
    def export(cls):
        return table(
            *(
                {
                    "Client ID": f"C-{number}",
                    "Full Name": f"Person {number}",
                    "City": model.source["city"],
                    "Job Title": model.source["function"],
                    "Tags": "; ".join(sorted(model.source["tags"])),
                }
                for number, model in enumerate(cls.models)
            )
        )

    def some(self, share):
        for number, model in enumerate(self.models):
            if self.random.random() < share:
                yield model, self.partners[number]

    def change_source(self):
        for model, _partner in self.some(0.5):
            name = self.random.choice([*FIELDS, "tags"])
            if name == "tags":
                size = self.random.randint(0, 3)
                tags = frozenset(self.random.sample(TAGS[:3], size))
                model.source = model.source | {"tags": tags}
            else:
                model.source = model.source | {name: self.random.choice(FIELDS[name])}

    def edit_in_odoo(self):
        for model, partner in self.some(0.4):
            model.is_edited = True
            name = self.random.choice([*FIELDS, "tags"])
            if name == "tags":
                tags = frozenset(self.random.sample(TAGS, self.random.randint(0, 4)))
                model.odoo["tags"] = tags
                ids = [self.tags[tag].id for tag in tags]
                self.edit(partner, category_id=[(6, 0, ids)])
            else:
                value = self.random.choice(FIELDS[name])
                model.odoo[name] = value
                self.edit(partner, **{name: value or False})

    def pick_up(self):
        self.env["migration.run"].search([]).date_started = "2024-01-01"
        self.project.add_file("export.zip", bundle({"contacts.csv": self.export()}))
        self.project.action_pickup(background=False)
        self.env.invalidate_all()
        for model in self.models:
            model.pick_up()

    def decide(self):
        """Decide on half of what is open, by any of the three ways."""
        groups = {}
        for row in self.project.conflict_ids.filtered(lambda row: row.state == "open"):
            model = self.models[int(row.external_id[2:])]
            if row.field_name not in model.open or self.random.random() < 0.5:
                continue
            if model.open[row.field_name][1] != model.odoo[row.field_name]:
                # edited since: it would be asked again
                continue
            take = self.random.choice(["source", "odoo", "own"])
            if take == "own":
                row.with_user(self.manager).own_text = "Own"
            model.decide(row.field_name, take, "Own")
            groups[take] = groups.get(take, row.browse()) | row
        for take, rows in groups.items():
            mine = rows.with_user(self.manager)
            press = {
                "source": mine.action_take_source,
                "odoo": mine.action_keep_odoo,
                "own": mine.action_use_own,
            }[take]
            press(background=False)
        self.env.invalidate_all()

    def found(self, partner):
        values = {name: partner[name] or "" for name in FIELDS}
        return values | {"tags": frozenset(partner.category_id.mapped("name"))}

    def roll_back_pickup(self, before):
        """Take the pickup back: everything is as before it; do it again."""
        run = self.project.run_ids.filtered(lambda run: run.kind == "load")[:1]
        scope = {"kind": "run", "run_ids": sorted(run._together().ids)}
        self.project.action_rollback(background=False, scope=scope)
        self.env.invalidate_all()
        wrong = [
            (number, self.found(partner), values)
            for number, (partner, values) in enumerate(
                zip(self.partners, before, strict=True)
            )
            if self.found(partner) != values
        ]
        self.assertEqual(wrong, [])
        self.project.action_load(background=False)
        self.env.invalidate_all()

    def roll_back_all(self):
        """Who was edited stays as is, the others go, and come again with a new run."""
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        kept = {
            number for number, partner in enumerate(self.partners) if partner.exists()
        }
        edited = {number for number, one in enumerate(self.models) if one.is_edited}
        self.assertEqual(kept, edited)
        self.assertTrue(0 < len(edited) < COUNT)
        for number in kept:
            found = self.found(self.partners[number])
            self.assertEqual(found, self.models[number].odoo, number)
        self.apply_schema(self.project)
        self.load(self.project)
        for number in {*range(COUNT)} - edited:
            partner = self.target(self.project, "contacts", f"C-{number}")
            found = self.found(partner)
            self.assertEqual(found, self.models[number].source, number)

    def compare(self, moment):
        wrong = []
        waiting = {
            (row.external_id, row.field_name)
            for row in self.project.conflict_ids
            if row.state == "open"
        }
        for number, (model, partner) in enumerate(
            zip(self.models, self.partners, strict=True)
        ):
            found = self.found(partner)
            if found != model.odoo:
                wrong.append((moment, number, found, model.odoo))
            open_now = {name for key, name in waiting if key == f"C-{number}"}
            if open_now != set(model.open):
                wrong.append((moment, number, open_now, model.open))
        self.assertEqual(wrong, [])

    def test_a_hundred_stories_end_as_the_model_says(self):
        decided = 0
        for number in range(ROUNDS):
            self.change_source()
            # in a test all is written in one moment: edits come later than the runs
            self.a_day_passes()
            self.edit_in_odoo()
            before = [self.found(partner) for partner in self.partners]
            self.pick_up()
            self.compare(f"pickup {number}")
            self.roll_back_pickup(before)
            self.compare(f"pickup {number}, once more")
            waiting = self.project.conflict_count
            self.decide()
            self.compare(f"decision {number}")
            decided += waiting - self.project.conflict_count
        self.assertGreater(decided, 10)
        self.assertTrue(self.project.is_balanced)
        self.roll_back_all()
