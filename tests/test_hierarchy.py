from .common import MigrationCommon
from .test_load_sources import DAY, LATER, lists, rr_contact


def company(id_, parent=None, created=DAY, **values):
    return rr_contact(
        id_,
        "company",
        name=f"Company {id_}",
        company_id=parent,
        **({"created_at": created} | values),
    )


CONTACTS = [
    # two companies above each other, the higher id is the older one
    company("ct_2", "ct_10", created=LATER),
    company("ct_10", "ct_2"),
    # three, of one day: the lowest id counts, by number
    company("ct_21", "ct_100"),
    company("ct_100", "ct_9"),
    company("ct_9", "ct_21"),
    # above itself
    company("ct_30", "ct_30"),
    # above itself through a merge
    company("ct_40", "ct_41"),
    company("ct_41", merged_into_id="ct_40"),
    # below a circle, and with nobody round it
    company("ct_50", "ct_2"),
    company("ct_51", "ct_50"),
    rr_contact("ct_52", "individual", name="Worker", company_id="ct_10"),
]


class HierarchyCase(MigrationCommon):
    rule = "oldest"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(
            lists(contacts=CONTACTS), preset="road_runner", cycle_rule=cls.rule
        )

    def got(self, external_id):
        return self.target(self.project, "contact", external_id)

    def parents(self, *external_ids):
        return [self.got(external_id).parent_id for external_id in external_ids]

    def circles(self, phase="profile"):
        return self.findings(self.project, "cycle", phase=phase)

    def assertBooksBalance(self):
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)


class TestCutAtTheOldest(HierarchyCase):
    def test_every_circle_is_named_before_the_load(self):
        values = set(self.circles().mapped("value"))
        self.assertEqual(
            values,
            {
                "Company ct_10 → Company ct_2 → Company ct_10",
                "Company ct_9 → Company ct_21 → Company ct_100 → Company ct_9",
                "Company ct_30 → Company ct_30",
                "Company ct_40 → Company ct_40",
            },
        )
        finding = self.circles().filtered(lambda item: item.external_id == "ct_10")
        self.assertEqual((finding.field, finding.severity), ("company_id", "2_warning"))
        self.assertIn("Company ct_10 has no parent", finding.message)

    def test_two_are_cut_at_the_older_one(self):
        two, ten = self.got("ct_2"), self.got("ct_10")
        self.assertEqual(self.parents("ct_10", "ct_2"), [two.browse(), ten])

    def test_three_of_one_day_are_cut_at_the_lowest_id(self):
        self.assertEqual(
            self.parents("ct_9", "ct_21", "ct_100"),
            [self.got("ct_9").browse(), self.got("ct_100"), self.got("ct_9")],
        )

    def test_a_company_above_itself_has_no_parent(self):
        self.assertFalse(self.got("ct_30").parent_id)
        self.assertFalse(self.got("ct_40").parent_id)
        self.assertEqual(self.got("ct_41"), self.got("ct_40"))

    def test_who_stands_below_a_circle_keeps_the_place(self):
        self.assertEqual(self.parents("ct_50"), [self.got("ct_2")])
        self.assertEqual(self.parents("ct_51"), [self.got("ct_50")])
        self.assertEqual(self.parents("ct_52"), [self.got("ct_10")])

    def test_the_cut_is_reported_and_the_books_balance(self):
        cut = set(self.circles("load").mapped("external_id"))
        self.assertEqual(cut, {"ct_10", "ct_9", "ct_30", "ct_40"})
        line = self.book(self.project, "Contacts: company_id")
        self.assertEqual((line.source_count, line.excluded_count), (10, 4))
        self.assertBooksBalance()

    def test_a_second_run_cuts_in_the_same_place(self):
        changed = [contact | {"name": f"New {contact['id']}"} for contact in CONTACTS]
        self.load(self.stage(self.project, lists(contacts=changed)))
        self.test_two_are_cut_at_the_older_one()
        self.test_three_of_one_day_are_cut_at_the_lowest_id()
        self.assertEqual(self.got("ct_10").name, "New ct_10")

    def test_a_circle_that_comes_up_later_is_cut_then(self):
        contacts = [company("ct_60"), company("ct_61", "ct_60")]
        project = self.migrated(lists(contacts=contacts), preset="road_runner")
        contacts[0]["company_id"] = "ct_61"
        self.load(self.stage(project, lists(contacts=contacts)))
        child, parent = (
            self.target(project, "contact", external_id)
            for external_id in ("ct_61", "ct_60")
        )
        self.assertFalse(parent.parent_id)
        self.assertEqual(child.parent_id, parent)
        self.assertTrue(self.findings(project, "cycle", phase="load"))

    def test_a_rehearsal_gives_what_the_load_gives(self):
        self.project.action_sample(background=False)
        run = self.project.run_ids.filtered(lambda run: run.kind == "sample")[:1]
        self.assertFalse(run.stats.get("failed"), run.stats)


class TestLeaveParentsEmpty(HierarchyCase):
    rule = "flag"

    def test_nobody_in_a_circle_has_a_parent(self):
        names = ("ct_2", "ct_10", "ct_9", "ct_21", "ct_100", "ct_30", "ct_40")
        self.assertFalse(any(self.parents(*names)))
        self.assertEqual(set(self.circles("load").mapped("external_id")), set(names))

    def test_who_stands_below_keeps_the_place(self):
        self.assertEqual(self.parents("ct_50"), [self.got("ct_2")])
        self.assertBooksBalance()


class TestLeaveRecordsOut(HierarchyCase):
    rule = "skip"

    def test_the_records_of_a_circle_fail_with_the_whole_circle(self):
        for external_id in ("ct_2", "ct_10", "ct_9", "ct_21", "ct_100", "ct_30"):
            record = self.assertBucket(
                self.project, "contact", external_id, "failed", "unmappable"
            )
            self.assertIn("A circle: ", record.reason)
            self.assertIsNone(self.got(external_id))
        record = self.staged_record(self.project, "contact", "ct_9")
        self.assertIn("Company ct_100 → Company ct_9", record.reason)
        self.assertEqual(set(self.circles().mapped("severity")), {"1_error"})

    def test_who_stands_below_stands_alone_and_is_reported(self):
        self.assertFalse(self.got("ct_50").parent_id)
        self.assertEqual(self.parents("ct_51"), [self.got("ct_50")])
        self.assertTrue(self.findings(self.project, "unreadable", external_id="ct_50"))
        self.assertBooksBalance()

    def test_another_rule_takes_them_in_with_the_next_run(self):
        self.project.cycle_rule = "oldest"
        self.load(self.project)
        self.assertEqual(self.parents("ct_2"), [self.got("ct_10")])
        self.assertFalse(self.got("ct_10").parent_id)


class TestMerges(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contacts = [
            company("ct_1", merged_into_id="ct_2"),
            company("ct_2", merged_into_id="ct_3"),
            company("ct_3"),
            company("ct_4", merged_into_id="ct_5"),
            company("ct_5", merged_into_id="ct_4"),
            company("ct_6", merged_into_id="ct_7"),
            company("ct_7"),
            rr_contact("ct_8", "individual", name="Worker", company_id="ct_1"),
        ]
        deal = {
            "created_at": DAY,
            "updated_at": LATER,
            "status": "open",
            "pipeline_id": "pl_1",
            "stage_id": "st_1",
        }
        cls.project = cls.staged(
            lists(
                pipelines=[{"id": "pl_1", "name": "Sales"}],
                stages=[{"id": "st_1", "pipeline_id": "pl_1", "name": "New"}],
                contacts=contacts,
                deals=[
                    deal | {"id": "dl_1", "name": "Of a chain", "company_id": "ct_1"},
                    deal | {"id": "dl_2", "name": "Of none", "company_id": "ct_6"},
                ],
            ),
            preset="road_runner",
        )
        gone = cls.staged_record(cls.project, "contact", "ct_7")
        gone._set_bucket("excluded", "deleted", "Deleted at the source.")
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def test_a_chain_of_merges_ends_at_its_last(self):
        last = self.got("contact", "ct_3")
        for external_id in ("ct_1", "ct_2"):
            self.assertBucket(self.project, "contact", external_id, "merged")
            self.assertEqual(self.got("contact", external_id), last)
        self.assertEqual(self.got("deal", "dl_1").partner_id, last)
        self.assertEqual(self.got("contact", "ct_8").parent_id, last)

    def test_merges_in_a_circle_leave_everybody_alone(self):
        first, second = self.got("contact", "ct_4"), self.got("contact", "ct_5")
        self.assertTrue(first and second)
        self.assertNotEqual(first, second)
        found = self.findings(self.project, "cycle", phase="load")
        self.assertEqual(set(found.mapped("external_id")), {"ct_4", "ct_5"})

    def test_what_was_merged_into_a_deleted_one_is_left_out(self):
        record = self.assertBucket(self.project, "contact", "ct_6", "excluded")
        self.assertIn("Company ct_7", record.reason)
        deal = self.assertBucket(self.project, "deal", "dl_2", "failed")
        self.assertIn("Company ct_7", deal.reason)
