"""Records that the source merges after they were loaded, and what hangs on them."""

from odoo.tests import tagged

from .live_case import LiveCase


@tagged("post_install", "-at_install")
class TestMerges(LiveCase):
    """Road Runner merges two companies: what is ours moves to the one that stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = cls.sources.world.road_runner
        tables = cls.store.tables
        tables["file"].clear()
        for name in ("activity", "task", "equipment", "project"):
            few = list(tables[name].items())[20:24]
            tables[name] = dict(few)
        cls.store.repeats.clear()
        cls.store._orders.clear()
        company = cls.store.get("contact", "ct_21")
        for key, name in (("ct_901", "Old Ltd"), ("ct_902", "New Ltd")):
            cls.store.create(
                "contact", company, id=key, name=name, email=f"{key}@x.example"
            )
        person = next(
            row
            for row in cls.store.tables["contact"].values()
            if row["type"] == "contact" and row["company_id"] and row["email"]
        )
        cls.store.create(
            "contact",
            person,
            id="ct_903",
            name="Cara Child",
            first_name="Cara",
            last_name="Child",
            email="cara@x.example",
            company_id="ct_901",
            company_name="Old Ltd",
        )
        call = next(iter(cls.store.tables["activity"].values()))
        links = ("contact_id", "deal_id", "task_id", "equipment_id")
        here = dict.fromkeys(links) | {"contact_id": "ct_901"}
        cls.store.create("activity", call, id="ac_901", subject="Asked", **here)
        task = next(iter(cls.store.tables["task"].values()))
        here = {"contact_id": "ct_901", "deal_id": None, "project_id": None}
        here |= {"equipment_id": None, "parent_task_id": None}
        cls.store.create("task", task, id="tk_901", title="Visit them", **here)
        unit = next(iter(cls.store.tables["equipment"].values()))
        cls.store.create("equipment", unit, id="eq_901", customer_id="ct_901")
        deal = next(iter(cls.store.tables["deal"].values()))
        cls.store.create(
            "deal", deal, id="dl_901", contact_id=None, company_id="ct_901"
        )
        cls.project = cls.connect()
        cls.stage(cls.project)
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))
        cls.a_day_passes()

    def setUp(self):
        super().setUp()
        self.loser, self.winner = self.contact("ct_901"), self.contact("ct_902")

    def contact(self, key):
        return self.target(self.project, "contact", key)

    def pick_up(self):
        self.project._begin_pickup(False)
        self.env.invalidate_all()

    def merge(self, loser="ct_901", winner="ct_902"):
        self.store.update("contact", loser, merged_into_id=winner)

    def assertSound(self):
        lines = self.project.reconciliation_line_ids
        wrong = lines.filtered(lambda line: not line.is_balanced)
        self.assertFalse(wrong.mapped("name"))
        self.project.action_verify(background=False)
        self.env.invalidate_all()
        differing = self.project.difference_ids.filtered(
            lambda row: row.verdict in ("lost", "overwritten")
        )
        self.assertFalse(differing.mapped("record_name"))

    def test_children_messages_tasks_and_deals_move_to_the_winner(self):
        self.merge()
        self.pick_up()
        self.assertEqual(self.contact("ct_901"), self.winner)
        self.assertFalse(self.loser.active)
        self.assertEqual(self.contact("ct_903").parent_id, self.winner)
        message = self.target(self.project, "activity", "ac_901")
        self.assertEqual(
            (message.model, message.res_id), ("res.partner", self.winner.id)
        )
        task = self.target(self.project, "task", "tk_901")
        if task._name == "project.task":
            self.assertEqual(task.partner_id, self.winner)
        else:
            self.assertEqual(task.res_id, self.winner.id)
        deal = self.target(self.project, "deal", "dl_901")
        self.assertEqual(deal.partner_id, self.winner)
        self.assertSound()

    def test_what_the_source_says_after_the_merge_reaches_them(self):
        self.merge()
        self.pick_up()
        self.a_day_passes()
        self.store.update("contact", "ct_903", job_title="Chair", company_id="ct_902")
        self.store.update("contact", "ct_902", phone="+1 312 555 0999")
        self.store.update("activity", "ac_901", subject="Asked twice")
        self.pick_up()
        self.assertEqual(self.contact("ct_903").function, "Chair")
        self.assertEqual(self.contact("ct_903").parent_id, self.winner)
        self.assertIn("0999", self.winner.phone)
        message = self.target(self.project, "activity", "ac_901")
        self.assertEqual(
            (message.subject, message.res_id), ("Asked twice", self.winner.id)
        )
        self.assertFalse(self.project.conflict_count)
        self.assertSound()

    def test_what_people_put_there_stays_there(self):
        own = self.env["res.partner"].create(
            {"name": "Own Child", "parent_id": self.loser.id}
        )
        said = self.loser.with_user(self.ana).sudo().message_post(body="Called them")
        cara = self.contact("ct_903")
        elsewhere = self.env["res.partner"].create(
            {"name": "Elsewhere", "is_company": True}
        )
        cara.with_user(self.ana).sudo().write({"parent_id": elsewhere.id})
        cara.flush_recordset()
        self.merge()
        self.pick_up()
        self.assertEqual(own.parent_id, self.loser)
        self.assertEqual(said.res_id, self.loser.id)
        self.assertEqual(cara.parent_id, elsewhere)
        self.assertEqual(self.contact("ct_901"), self.winner)

    def test_a_loser_that_a_person_worked_on_is_only_flagged(self):
        self.loser.with_user(self.ana).sudo().write({"city": "Bergen"})
        self.loser.flush_recordset()
        self.merge()
        self.pick_up()
        self.assertTrue(self.loser.active)
        self.assertEqual(self.loser.city, "Bergen")
        self.assertEqual(self.contact("ct_903").parent_id, self.winner)
        self.assertBucket(self.project, "contact", "ct_901", "merged")

    def test_merged_into_a_record_that_is_new_as_well(self):
        key = self.store.create(
            "contact",
            self.store.get("contact", "ct_902"),
            id="ct_950",
            name="Newest Ltd",
            email="ct_950@x.example",
        )
        self.merge(winner=key)
        self.pick_up()
        self.assertEqual(self.contact("ct_901"), self.contact(key))
        self.assertEqual(self.contact("ct_903").parent_id, self.contact(key))
        self.assertSound()

    def test_a_chain_of_merges_ends_at_its_last(self):
        last = self.store.create(
            "contact",
            self.store.get("contact", "ct_902"),
            id="ct_950",
            name="Newest Ltd",
            email="ct_950@x.example",
        )
        self.merge()
        self.pick_up()
        self.a_day_passes()
        self.merge("ct_902", last)
        self.pick_up()
        newest = self.contact(last)
        self.assertEqual(self.contact("ct_902"), newest)
        self.assertEqual(self.contact("ct_903").parent_id, newest)
        self.assertEqual(
            self.target(self.project, "activity", "ac_901").res_id, newest.id
        )
        self.assertEqual(self.contact("ct_901"), newest)
        self.assertSound()

    def test_undone_nothing_of_either_is_left(self):
        cara = self.contact("ct_903")
        self.merge()
        self.pick_up()
        self.project.action_rollback(background=False)
        self.assertFalse((self.loser | self.winner | cara).exists())
