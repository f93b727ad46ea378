import io
import json
import tempfile
import zipfile
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

from odoo.tests import BaseCase

from odoo.addons.crm_migration.samples.servers import World
from odoo.addons.crm_migration.samples.servers.__main__ import main
from odoo.addons.crm_migration.samples.servers.common import SEED
from odoo.addons.crm_migration.samples.servers.export import export
from odoo.addons.crm_migration.samples.servers.fasttrack import FastTrack
from odoo.addons.crm_migration.samples.servers.road_runner import RoadRunner


class WorldCase(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world = World()
        cls.truth = cls.world.truth()
        cls.road_runner = cls.world.road_runner
        cls.fasttrack = cls.world.fasttrack

    def marked(self, store, name):
        """The records of one trouble."""
        return [store.get(obj, key) for obj, key in store.trouble[name]]

    def live(self, source):
        return {obj: facts["live"] for obj, facts in self.truth[source].items()}


class TestVolumes(WorldCase):
    def test_road_runner(self):
        live = self.live("road_runner")
        wanted = {"user": 8, "tag": 15, "deal": 90, "task": 60, "activity": 300}
        wanted |= {"file": 50, "equipment": 35, "contact": 200, "pipeline": 3}
        self.assertEqual({**live, **wanted}, live)
        contacts = self.road_runner.listing("contact")
        kinds = Counter(c["type"] == "company" for c in contacts)
        self.assertEqual(kinds, {True: 40, False: 160})
        lonely = [c for c in contacts if c["type"] != "company" and not c["company_id"]]
        self.assertEqual(len(lonely), 30)
        self.assertEqual(Counter(c["type"] for c in lonely)["customer"], 6)
        status = Counter(d["status"] for d in self.road_runner.listing("deal"))
        self.assertEqual((status["won"], status["lost"]), (12, 9))
        loose = [t for t in self.road_runner.listing("task") if not t["project_id"]]
        self.assertEqual(len(loose), 20)

    def test_fasttrack(self):
        live = self.live("fasttrack")
        wanted = {"user": 8, "company": 40, "contact": 160, "deal": 90, "lead": 25}
        wanted |= {"activity": 300, "attachment": 50, "custom_object": 2}
        wanted |= {"custom_object_record": 60, "association_label": 4}
        wanted |= {"meter_reading": 250}
        self.assertEqual({**live, **wanted}, live)
        lonely = [c for c in self.fasttrack.listing("contact") if not c["company"]]
        self.assertEqual(len(lonely), 30)
        leads = self.fasttrack.listing("lead")
        self.assertEqual(len([r for r in leads if r["converted_deal"]]), 5)
        status = Counter(d["status"] for d in self.fasttrack.listing("deal"))
        self.assertEqual((status["WON"], status["LOST"]), (12, 9))

    def test_what_changes_in_one_world_stays_there(self):
        other = World()
        other.road_runner.update("contact", "ct_1", name="Other")
        other.road_runner.delete("deal", "dl_1", hard=True)
        self.assertEqual(World().truth(), self.truth)
        self.assertNotEqual(self.road_runner.get("contact", "ct_1")["name"], "Other")

    def test_users_and_stages_of_both(self):
        for store in (self.road_runner, self.fasttrack):
            users = store.listing("user")
            self.assertEqual([u["is_active"] for u in users].count(False), 1)
            mails = [u["email"] for u in users]
            self.assertEqual(mails.count(None), 1)
            self.assertEqual(len([m for m in mails if m and m != m.lower()]), 1)
            pipelines = store.listing("pipeline")
            stages = [s for p in pipelines for s in p["stages"]]
            self.assertEqual(len(stages), 11)
            self.assertEqual([s["is_archived"] for s in stages].count(True), 1)
            names = [{s["name"] for s in p["stages"]} for p in pipelines[:2]]
            self.assertEqual(len(names[0] & names[1]), 1)

    def test_same_seed_same_world_and_a_scale_multiplies_it(self):
        self.assertEqual(RoadRunner(SEED).tables, self.road_runner.tables)
        self.assertEqual(FastTrack(SEED).tables, self.fasttrack.tables)
        other = World(seed="another")
        self.assertNotEqual(other.road_runner.tables, self.road_runner.tables)
        large = World(scale=3).truth()
        self.assertEqual(large["road_runner"]["contact"]["live"], 600)
        self.assertEqual(large["fasttrack"]["activity"]["live"], 900)
        self.assertEqual(large["road_runner"]["user"]["live"], 8)


class TestRoadRunnerTrouble(WorldCase):
    def one(self, name):
        return self.marked(self.road_runner, name)[0]

    def test_companies(self):
        a, b = self.marked(self.road_runner, "company_cycle")
        self.assertEqual((a["company_id"], b["company_id"]), (b["id"], a["id"]))
        gone = self.one("missing_company")["company_id"]
        self.assertIsNone(self.road_runner.get("contact", gone))
        deleted = self.one("deleted_company")["company_id"]
        self.assertTrue(self.road_runner.get("contact", deleted)["deleted_at"])
        merged = self.one("merged")
        self.assertTrue(self.road_runner.get("contact", merged["merged_into_id"]))

    def test_texts(self):
        mail = self.one("email_spaces")["email"]
        self.assertNotEqual(mail, mail.strip())
        self.assertEqual(self.one("two_emails")["email"].count("@"), 2)
        self.assertIn("🚀", self.one("emoji_name")["name"])
        self.assertRegex(self.one("rtl_name")["name"], "[\u0600-\u06ff]")
        self.assertTrue(
            all(not r["name"] for r in self.marked(self.road_runner, "empty_name"))
        )
        hostile = [
            r.get("notes") or r["body"]
            for r in self.marked(self.road_runner, "hostile_html")
        ]
        self.assertTrue(all("<script>" in text for text in hostile))
        self.assertIn("cid:fl_13", self.one("inline_image")["body"])
        self.assertEqual(self.one("inline_image")["file_ids"], ["fl_13"])

    def test_values(self):
        self.assertEqual(self.one("amount_text")["amount"], "1,234.50")
        self.assertIsNone(self.one("amount_null")["amount"])
        self.assertLess(float(self.one("amount_negative")["amount"]), 0)
        self.assertEqual(self.one("probability_fraction")["probability"], "0.35")
        self.assertEqual(self.one("probability_percent")["probability"], "35")
        texts = {
            r.get("due_at") or r.get("expected_close_date")
            for r in self.marked(self.road_runner, "zero_date")
        }
        self.assertEqual(texts, {"0000-00-00"})
        self.assertEqual(
            self.one("impossible_date")["expected_close_date"], "2026-02-30"
        )
        self.assertTrue(self.one("offset_time")["updated_at"].endswith("-08:00"))
        self.assertNotIn("Z", self.one("naive_time")["due_at"])

    def test_custom_values(self):
        def values(name):
            return self.one(name)["custom_properties"]

        self.assertEqual(values("multi_text")["visit_days"], "mon;thu")
        self.assertEqual(values("multi_list")["visit_days"], ["mon", "thu"])
        definitions = {
            d["key"]: d for d in self.road_runner.listing("property_definition")
        }
        options = definitions["crm:warranty_tier"]["options"]
        removed = values("removed_option")["warranty_tier"]
        self.assertNotIn(removed, [o["value"] for o in options])
        odd = values("odd_keys")
        self.assertTrue(any(" " in key for key in odd))
        self.assertTrue(any(not key.isascii() for key in odd))
        self.assertTrue(any(len(key) > 63 for key in odd))
        self.assertTrue(set(odd) - {"warranty_tier", "visit_days"} <= set(definitions))
        self.assertEqual(
            set(values("twin_keys")), {"crm:warranty_tier", "billing:warranty_tier"}
        )

    def test_references(self):
        deal = self.one("archived_stage")
        self.assertTrue(
            self.road_runner.get("pipeline", deal["pipeline_id"])["is_archived"]
        )
        for record in self.marked(self.road_runner, "gone_user"):
            user = record.get("owner_id") or record["author_user_id"]
            self.assertIsNone(self.road_runner.get("user", user))
        names = [tag["name"] for tag in self.road_runner.listing("tag")]
        folded = {name.strip().lower() for name in names}
        self.assertEqual((len(names), len(folded)), (15, 11))
        serials = Counter(
            e["serial_number"] or "" for e in self.road_runner.listing("equipment")
        )
        self.assertEqual((serials[""], max(serials.values())), (3, 3))
        self.assertEqual([n for s, n in serials.items() if s and n > 1], [2])

    def test_pages(self):
        self.assertEqual(self.truth["road_runner"]["activity"]["repeated"], ["ac_20"])
        rows = [
            r["id"] for r in self.road_runner.listing("activity", sort="updated_at")
        ]
        first = rows.index("ac_20")
        self.assertEqual(rows.index("ac_20", first + 1) - first, 130)
        for store in (self.road_runner, self.fasttrack):
            for obj in ("contact", "activity"):
                rows = store.listing(obj, sort="updated_at")
                self.assertEqual(rows[99]["updated_at"], rows[100]["updated_at"])
                self.assertNotEqual(rows[99]["id"], rows[100]["id"])


class TestFastTrackTrouble(WorldCase):
    def one(self, name):
        return self.marked(self.fasttrack, name)[0]

    def test_each_kind(self):
        a, b = self.marked(self.fasttrack, "company_cycle")
        self.assertEqual((a["parent"]["id"], b["parent"]["id"]), (b["id"], a["id"]))
        self.assertIsNone(
            self.fasttrack.get("company", self.one("missing_company")["company"]["id"])
        )
        self.assertEqual(self.one("amount_text")["amount"]["amount"], "1,234.50")
        self.assertIsNone(self.one("amount_null")["amount"])
        self.assertEqual(self.one("zero_date")["birthday"], "0000-00-00")
        self.assertEqual(self.one("impossible_date")["close_date"], "2026-02-30")
        self.assertEqual(self.one("multi_text")["custom_fields"][0]["value"], "x;y")
        self.assertEqual(
            json.loads(self.one("multi_list")["custom_fields"][0]["value"]), ["x", "y"]
        )
        keys = [f["key"] for f in self.one("twin_keys")["custom_fields"]]
        self.assertEqual(len({key.partition(":")[2] for key in keys}), 1)
        self.assertEqual(len(self.one("crowded")["contacts"]), 25)
        self.assertEqual(len(self.one("inline_image")["attachments"]), 1)
        labels = [
            label["label"] for label in self.fasttrack.listing("association_label")
        ]
        self.assertEqual(labels.count(None), 1)
        edges = [e for d in self.fasttrack.listing("deal") for e in d["contacts"]]
        self.assertEqual({len(edge["labels"]) for edge in edges}, {0, 1, 2})


class TestExport(WorldCase):
    def test_archives_hold_every_record_and_the_files(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = export(self.world, Path(folder))
            for path, source in zip(paths, self.world.stores, strict=True):
                with zipfile.ZipFile(path) as archive:
                    self.check(archive, self.world.stores[source])

    def check(self, archive, store):
        manifest = json.loads(archive.read("manifest.json"))["files"]
        for name, obj in (("contacts", "contact"), ("deals", "deal")):
            (entry,) = [v for k, v in manifest.items() if k.startswith(name)]
            self.assertEqual(entry["rows"], len(store.tables[obj]))
        binaries = [n for n in archive.namelist() if n.startswith("files/")]
        self.assertEqual(len(binaries), 47)

    def test_same_records_give_the_same_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            forms = dict.fromkeys(self.world.stores, "json")
            path = export(self.world, Path(folder), forms)[0]
            first = io.BytesIO(path.read_bytes())
            export(self.world, Path(folder), forms)
            self.assertEqual(first.getvalue(), path.read_bytes())
            with zipfile.ZipFile(first) as archive:
                rows = json.loads(archive.read("contacts.json"))
        self.assertIn("address.city", rows[0])
        self.assertIn("custom.sq_ft", rows[0])

    def test_archives_can_be_written_from_the_command_line(self):
        told = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(told):
            main(["export", folder])
            self.assertEqual(len(list(Path(folder).glob("*_export.zip"))), 2)
        self.assertIn("fasttrack_export.zip", told.getvalue())
