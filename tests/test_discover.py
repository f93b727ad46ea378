import json

from odoo.tests import tagged

from .live_case import LiveCase


@tagged("post_install", "-at_install")
class TestDiscover(LiveCase):
    """What the button "Test and Discover" finds out about a live source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect()
        cls.connection = cls.project.connection_ids
        cls.sources.faults.add("403*", path="/equipment")
        cls.connection.action_test(background=False)
        cls.sources.faults.clear()

    def endpoint(self, name):
        return self.connection.endpoint_ids.filtered(lambda one: one.name == name)

    def test_each_object_of_the_source_is_listed(self):
        self.assertEqual(self.connection.test_status, "available")
        self.assertTrue(self.connection.tested_on)
        contact = self.endpoint("contact")
        self.assertEqual(contact.status, "available")
        self.assertGreater(contact.source_count, 100)
        self.assertEqual(contact.source_count_text, str(contact.source_count))

    def test_an_object_that_may_not_be_read_is_listed_and_says_what_to_do(self):
        self.assertEqual(self.endpoint("equipment").status, "unavailable")
        self.assertTrue(self.endpoint("equipment").message)

    def test_the_sample_shows_no_personal_data(self):
        sample = self.endpoint("contact").sample
        record = self.sources.world.road_runner.listing("contact")[0]
        self.assertIn('"id"', sample)
        self.assertNotIn(record["email"], sample)
        self.assertNotIn(self.sources.auth.api_key, sample)

    def test_nothing_is_staged(self):
        self.assertFalse(self.project.object_ids)
        self.assertEqual(self.project.state, "draft")

    def test_testing_again_keeps_what_was_switched_off(self):
        self.endpoint("task").is_active = False
        self.connection.action_test(background=False)
        self.assertFalse(self.endpoint("task").is_active)
        self.assertEqual(self.endpoint("task").status, "available")
        self.assertEqual(self.endpoint("equipment").status, "available")

    def test_a_wrong_key_is_told(self):
        self.connection.secret = "no such key"
        self.connection.action_test(background=False)
        self.assertEqual(self.connection.test_status, "refused")
        self.assertIn("key", self.connection.test_message)
        self.assertNotIn("no such key", self.connection.test_message)

    def test_paging_that_looks_otherwise_is_proposed_and_adopted_by_a_person(self):
        self.connection.write(
            {
                "base_url": self.sources.paged("cursor"),
                "secret": self.sources.auth.api_key,
            }
        )
        self.connection.action_test(background=False)
        contact = self.endpoint("contact")
        self.assertTrue(contact.proposed_style)
        profile = json.loads(self.connection.profile)
        self.assertEqual(profile["pagination"]["style"], "page")
        contact.action_adopt_style()
        profile = json.loads(self.connection.profile)
        adopted = profile["objects"]["contact"]["pagination"]["style"]
        self.assertEqual(adopted, "cursor")
        self.assertFalse(contact.proposed_style)
        self.assertTrue(self.connection.has_secret)
