import json
from collections import Counter, defaultdict
from pathlib import Path
from types import SimpleNamespace

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.files.naming import TableNames
from odoo.addons.crm_migration.engine.map.transforms import TRANSFORM_LABELS
from odoo.addons.crm_migration.engine.propose.fillable import is_fillable
from odoo.addons.crm_migration.engine.targets import TARGETS
from odoo.addons.crm_migration.presets import load_preset, preset_selection
from odoo.addons.crm_migration.tools.fingerprint import normalise_header

LIVE = ("road_runner", "fasttrack")
DATA = Path(__file__).parent / "data"
#: Fields of Odoo that have to be there, by target.
ODOO_FIELDS = {
    "owner": set(),
    "stage": {"name", "sequence", "is_won", "fold"},
    "partner": {
        *("name", "email", "phone", "website", "function", "parent_id", "industry_id"),
        *("company_name", "street", "street2", "city", "state_id", "zip", "country_id"),
        *("user_id", "category_id", "comment", "vat", "lang"),
    },
    "membership": set(),
    "lead": {
        *("name", "expected_revenue", "probability", "date_deadline", "date_closed"),
        *(
            "stage_id",
            "lost_reason_id",
            "source_id",
            "campaign_id",
            "user_id",
            "tag_ids",
        ),
        *("description", "priority", "partner_name", "email_from", "phone"),
        *("street", "street2", "city", "state_id", "zip", "country_id"),
    },
    "equipment": {
        *("name", "category_id", "serial_no", "model", "effective_date", "cost"),
        *("warranty_date", "technician_user_id", "note"),
    },
    "message": {"subject", "body", "date", "author_id"},
    "activity": {"summary", "note"},
    "project": {"name", "user_id", "date_start", "date"},
    "task": {"tag_ids"},
    "engagement": {"subject", "body", "date", "author_id"},
    "attachment": {"name", "mimetype", "description"},
}
ODOO_FIELDS["contact"] = ODOO_FIELDS["partner"]


def fields_of(preset):
    """Yield ``(object, its spec, field, its spec)`` of a whole preset."""
    for name, spec in preset.objects.items():
        for field, own in spec["fields"].items():
            yield name, spec, field, own


class TestPresets(BaseCase):
    def test_every_preset_can_be_chosen(self):
        keys = [key for key, _label in preset_selection()]
        self.assertEqual(sorted(keys), ["fasttrack", "practice_bundle", "road_runner"])

    def test_objects_come_in_load_order(self):
        for key in LIVE:
            objects = load_preset(key).objects
            order = [spec["sequence"] for spec in objects.values()]
            self.assertEqual(order, sorted(set(order)))
            names = list(objects)
            for parent, child in (
                ("user", "stage"),
                ("stage", "contact"),
                ("contact", "deal"),
                ("deal", "activity"),
            ):
                self.assertLess(names.index(parent), names.index(child))

    def test_no_header_means_two_fields(self):
        for key, _label in preset_selection():
            preset = load_preset(key)
            for name, spec in preset.objects.items():
                headers = Counter(
                    alias
                    for field in spec["fields"]
                    for alias in set(preset.aliases(name, field))
                )
                twice = [header for header, count in headers.items() if count > 1]
                self.assertFalse(twice, f"{key} {name}")

    def test_no_alias_is_there_for_nothing(self):
        for key in LIVE:
            for name, _spec, field, own in fields_of(load_preset(key)):
                plain = [normalise_header(text) for text in own.get("aliases", [])]
                plain.append(normalise_header(field))
                self.assertEqual(len(plain), len(set(plain)), f"{key} {name} {field}")

    def test_a_file_is_known_by_one_name(self):
        for key, _label in preset_selection():
            files = load_preset(key).file_objects()
            stems = Counter(
                normalise_header(stem)
                for name, names in files.items()
                for stem in {*map(normalise_header, names), normalise_header(name)}
            )
            self.assertFalse([s for s, count in stems.items() if count > 1], key)
            names = TableNames(files)
            for name, stems in files.items():
                for stem in stems:
                    if "*" in stem:
                        path = stem.replace("*", "any") + ".csv"
                        self.assertEqual(names.by_path(path), name)
                        continue
                    self.assertEqual(names.by_label(f"{stem} export 2026"), name)
                    self.assertEqual(names.by_path(f"{stem}.csv".title()), name)

    def test_identity_and_requirements_name_known_fields(self):
        for key in LIVE:
            for name, spec in load_preset(key).objects.items():
                named = [
                    *(part for text in spec["id"] for part in text.split("+")),
                    *(p for text in spec["name_fields"] for p in text.split("+")),
                    *(field for group in spec.get("required", []) for field in group),
                    *spec.get("derived_id", []),
                    *filter(None, [spec.get("email_field")]),
                ]
                unknown = set(named) - set(spec["fields"])
                self.assertFalse(unknown, f"{key} {name}")
                keys = {
                    field
                    for field, own in spec["fields"].items()
                    if own.get("transform") == "key"
                }
                self.assertEqual(
                    keys, {part for text in spec["id"] for part in text.split("+")}
                )

    def test_references_name_objects_and_fields_of_the_preset(self):
        for key in LIVE:
            preset = load_preset(key)
            for name, spec, field, own in fields_of(preset):
                place = f"{key} {name} {field}"
                objects = {own.get("object"), *own.get("objects", {}).values()}
                self.assertLessEqual(objects - {None}, set(preset.objects), place)
                others = [*own.get("alternatives", []), own.get("kind")]
                others.append(own.get("stands_for"))
                self.assertLessEqual(set(others) - {None}, set(spec["fields"]), place)
                if own.get("transform") == "reference":
                    targets = [preset.objects[o]["target"] for o in objects - {None}]
                    self.assertNotIn(None, targets, place)


class TestFates(BaseCase):
    def test_every_field_of_the_source_has_one_fate(self):
        for key in LIVE:
            preset = load_preset(key)
            text = (DATA / f"{key}_fields.json").read_text(encoding="utf-8")
            for name, fields in json.loads(text).items():
                known = preset.objects[name]["fields"]
                for field in fields:
                    leaves = [other for other in known if other.startswith(f"{field}.")]
                    self.assertTrue(field in known or leaves, f"{key} {name} {field}")

    def test_a_field_is_mapped_or_dropped_and_says_why(self):
        for key in LIVE:
            for name, spec, field, own in fields_of(load_preset(key)):
                place = f"{key} {name} {field}"
                is_key = own.get("transform") == "key"
                fates = [bool(own.get("target")), "drop" in own, is_key]
                self.assertEqual(sum(fates), 1, place)
                reason = own.get("drop") or own.get("reason") or ""
                self.assertGreater(len(reason.split()), 3, place)
                self.assertTrue(reason.endswith("."), place)
                self.assertTrue(reason[0].isupper() or reason[0].isdigit(), place)
                if not spec["target"]:
                    self.assertFalse(own.get("target"), place)

    def test_an_object_that_is_not_loaded_says_why(self):
        for key in LIVE:
            for name, spec in load_preset(key).objects.items():
                self.assertEqual(bool(spec["target"]), "excluded" not in spec, name)
                self.assertIn(spec["target"], {None, *TARGETS})

    def test_every_target_can_be_filled(self):
        for key in LIVE:
            for name, spec, field, own in fields_of(load_preset(key)):
                target = own.get("target")
                if not target:
                    continue
                place = f"{key} {name} {field} -> {target}"
                transform = own.get("transform", "text")
                self.assertIn(transform, TRANSFORM_LABELS, place)
                obj = SimpleNamespace(target=spec["target"], _spec=lambda s=spec: s)
                self.assertTrue(is_fillable(obj, target, transform), place)
                if not target.startswith(("_", "x_")):
                    self.assertIn(target, ODOO_FIELDS[spec["target"]], place)

    def test_custom_fields_are_declared_with_one_type_a_model(self):
        for key in LIVE:
            types = defaultdict(set)
            for name, spec, field, own in fields_of(load_preset(key)):
                target, rest = own.get("target") or "", own.get("rest")
                self.assertEqual(target.startswith("x_"), "custom" in own, field)
                if "custom" in own:
                    model = TARGETS[spec["target"]].model
                    types[model, target].add(own["custom"])
                if rest:
                    self.assertTrue(rest.startswith("x_"), f"{name} {field}")
                    types[TARGETS[spec["target"]].model, rest].add("char")
            self.assertFalse({name: t for name, t in types.items() if len(t) > 1})
