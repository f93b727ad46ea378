import copy
import json
import time

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.connectors.profile.validate import check_profile
from odoo.addons.crm_migration.connectors.web.discover import discover
from odoo.addons.crm_migration.connectors.web.fingerprints import list_place
from odoo.addons.crm_migration.connectors.web.masking import Masker, mask_mail

from .graphql_case import STYLES, GraphQLCase
from .web_case import KEY, WebCase


class DiscoverCase(GraphQLCase):
    def rest(self, key="roadrunner_v2", base="", **parts):
        profile = load_preset_profile(key)
        profile["base_url"] = base or self.sources.rest_url
        profile["limits"]["max_rps"] = 0
        profile.update(copy.deepcopy(parts))
        return profile

    def found(self, profile, secrets=None, until=None):
        auth = self.sources.auth
        is_rest = profile["transport"] == "rest"
        own = {"api_key": auth.api_key} if is_rest else {"token": auth.token}
        connector = self.open(profile, secrets or own)
        found = discover(connector, until=until)
        text = json.dumps(found.as_json(), ensure_ascii=False)
        for secret in (auth.api_key, auth.token):
            self.assertNotIn(secret, text)
        return found

    def only_contacts(self, profile):
        contact = profile["objects"]["contact"]
        contact["refs"] = {}
        return {**profile, "objects": {"contact": contact}}

    def contact(self, profile, secrets=None):
        return self.found(self.only_contacts(profile), secrets).objects[0]


class TestDiscoverObjects(DiscoverCase):
    def test_what_there_was_no_time_for_is_said(self):
        found = self.found(self.rest(), until=time.monotonic())
        self.assertEqual(found.identity["account_id"], "acc_1")
        for one in found.objects:
            self.assertEqual((one.status, one.sample), ("error", []))
            self.assertIn("Not asked for", one.message)

    def test_rest(self):
        found = self.found(self.rest())
        self.assertEqual((found.status, found.message), ("available", ""))
        self.assertEqual(found.identity["account_id"], "acc_1")
        self.assertEqual(found.timezone, "America/Chicago")
        names = {one.name for one in found.objects}
        self.assertEqual(names, set(self.rest()["objects"]) - {"stage"})
        for one in found.objects:
            self.assertEqual(one.status, "available", one.message)
            self.assertGreater(one.count, 0)
            self.assertEqual(one.fields_new, [], one.name)
            self.assertEqual(one.fields_missing, [], one.name)
            self.assertIsNone(one.proposal)
        contact = next(one for one in found.objects if one.name == "contact")
        rows = self.sources.world.road_runner
        self.assertEqual(contact.total, len(rows.listing("contact", deleted=True)))
        self.assertEqual((contact.count, len(contact.sample)), (100, 3))
        self.assertEqual(contact.message, "100 records on the first page.")
        self.assertIn("custom.sq_ft", contact.custom_seen)
        self.assertEqual(contact.file, "GET /api/v2/contacts")

    def test_both_versions_and_the_practice_know_their_paging(self):
        found = self.found(self.rest("roadrunner_v1"))
        self.assertEqual({one.status for one in found.objects}, {"available"})
        self.assertEqual([one.proposal for one in found.objects if one.proposal], [])
        self.assertEqual(found.notes, [])

    def test_graphql(self):
        found = self.found(self.profile())
        self.assertEqual(found.identity["id"], "acc_ft")
        self.assertEqual(found.timezone, "Europe/Paris")
        self.assertEqual({one.status for one in found.objects}, {"available"})
        self.assertEqual(
            [one.fields_missing for one in found.objects if one.fields_missing], []
        )
        contact = next(one for one in found.objects if one.name == "contact")
        self.assertEqual((contact.total, contact.count), (160, 100))
        self.assertEqual(contact.evidence, "contacts has pageInfo.hasNextPage")
        records = [one for one in found.objects if one.name == "custom_object_record"]
        self.assertEqual(records[0].count, 30)

    def test_one_page_of_each_is_all_that_is_read(self):
        self.found(self.rest())
        asked = [one.path for one in self.sources.requests.of("rest")]
        self.assertEqual(len(asked), len(set(asked)))
        self.sources.requests.clear()
        self.found(self.profile())
        self.assertEqual(len(self.sources.requests.of("graphql")), 2 + 13)

    def test_what_is_not_there_is_listed_and_the_others_go_on(self):
        self.sources.auth.closed.add("files")
        self.addCleanup(self.sources.auth.closed.clear)
        profile = self.rest()
        profile["objects"]["equipment"]["path"] = "/api/v2/nothing"
        found = self.found(profile)
        self.assertEqual(found.status, "available")
        status = {one.name: one for one in found.objects}
        for name, said in (
            ("file", "The key may not read GET /api/v2/files"),
            ("equipment", "The source does not have GET /api/v2/nothing"),
        ):
            self.assertEqual(status[name].status, "unavailable")
            self.assertIn(said, status[name].message)
            self.assertIn("the others go on", status[name].message)
        others = {one.status for one in found.objects} - {"unavailable"}
        self.assertEqual(others, {"available"})

    def test_a_smaller_plan(self):
        found = self.found(self.profile(dialect={"plan": "basic"}))
        status = {one.name: one for one in found.objects}
        for name in ("team", "custom_object", "custom_object_record"):
            self.assertEqual(status[name].status, "unavailable", name)
        contact = status["contact"]
        self.assertEqual(contact.fields_missing, ["birthday", "companies"])
        self.assertIn("The source lacks", contact.message)

    def test_no_introspection_is_noted(self):
        found = self.found(self.profile(dialect={"introspection": "off"}))
        self.assertIn("does not tell its schema", found.notes[0])
        self.assertEqual({one.status for one in found.objects}, {"available"})

    def test_a_key_that_is_not_accepted_ends_it(self):
        for profile in (self.rest(), self.profile()):
            found = self.found(profile, {"token": "wrong"})
            self.assertEqual((found.status, found.objects), ("refused", []))
            self.assertIn("Enter a new key under Connection", found.message)

    def test_a_missing_key(self):
        found = discover(self.rest(), {})
        self.assertEqual(found.status, "refused")

    def test_an_address_that_must_not_be_called(self):
        found = discover(self.rest(), {"api_key": "k"})
        self.assertEqual(found.status, "refused")
        self.assertEqual(found.objects, [])

    def test_a_failing_list_is_an_error_of_its_own(self):
        self.sources.faults.add("500*", path="/deals", server="rest")
        found = self.found(self.rest())
        status = {one.name: one.status for one in found.objects}
        self.assertEqual(status.pop("deal"), "error")
        self.assertEqual(set(status.values()), {"available"})

    def test_a_test_call_that_fails_does_not_hide_the_objects(self):
        profile = self.rest()
        profile["test"]["path"] = "/api/v2/nothing/at/all"
        found = self.found(profile)
        self.assertEqual(found.status, "unavailable")
        self.assertEqual({one.status for one in found.objects}, {"available"})

    def test_an_empty_list(self):
        since = {"params": {"updated_since": "2030-01-01T00:00:00Z"}}
        profile = self.only_contacts(self.rest())
        profile["objects"]["contact"].update(since)
        contact = self.found(profile).objects[0]
        self.assertEqual(contact.message, "The list is there and empty.")
        self.assertEqual(contact.fields_missing, [])

    def test_local_times_in_another_zone_are_noted(self):
        profile = self.only_contacts(self.rest("roadrunner_v1"))
        profile["datetime"]["naive_tz"] = "UTC"
        (note,) = self.found(profile).notes
        self.assertIn("the account's zone is America/Chicago", note)

    def test_nothing_is_applied(self):
        profile = self.only_contacts(self.rest(base=self.sources.paged("cursor")))
        before = copy.deepcopy(profile)
        self.assertIsNotNone(self.found(profile).objects[0].proposal)
        self.assertEqual(profile, before)


class TestProposals(DiscoverCase):
    def test_rest_styles_by_their_fingerprints(self):
        for style, proposed, evidence in (
            ("page", None, "the answer has meta.has_more"),
            ("zuper", None, "the answer has total_pages"),
            ("zoho", None, "the answer has info.more_records"),
            ("offset", "offset", "the answer has meta.offset"),
            ("offset_named", "offset", "the answer has total_count"),
            ("pipedrive_v1", "offset", "the answer has additional_data.pagination"),
            ("pipedrive_v2", "cursor", "the answer has additional_data.next_cursor"),
            ("hubspot", "cursor", "the answer has paging.next.after"),
            ("cursor", "cursor", "the answer has meta.next_cursor"),
            ("next_url", "next_url", "links.next is the address of the next page"),
            ("cliniko", "next_url", "links.next is the address of the next page"),
            ("link_header", "link_header", "the header Link names a next page"),
            ("page_array", None, ""),
        ):
            with self.subTest(style=style):
                contact = self.contact(self.rest(base=self.sources.paged(style)))
                self.assertIn(evidence, contact.evidence)
                if proposed is None:
                    self.assertIsNone(contact.proposal)
                    continue
                self.assertEqual(contact.proposal["pagination"]["style"], proposed)
                self.assertEqual(contact.proposal["evidence"], contact.evidence)

    def test_a_proposal_that_is_taken_over_works(self):
        for style in (
            "hubspot",
            "pipedrive_v2",
            "pipedrive_v1",
            "next_url",
            "offset_named",
        ):
            with self.subTest(style=style):
                profile = self.only_contacts(self.rest(base=self.sources.paged(style)))
                proposal = self.found(profile).objects[0].proposal
                profile["pagination"] = {
                    **{"page_size": 100, "size_param": "limit"},
                    **proposal["pagination"],
                }
                self.assertEqual(check_profile(profile, allow_http=True), [])
                found = self.found(profile).objects[0]
                self.assertEqual((found.status, found.proposal), ("available", None))
                connector = self.open(profile, {"api_key": self.sources.auth.api_key})
                ids = {
                    item.external_id
                    for page in connector.pages(connector.tables()[0])
                    for item in page.items
                }
                self.assertEqual(
                    ids, set(self.sources.world.road_runner.tables["contact"])
                )

    def test_graphql_styles_by_the_schema(self):
        for style in STYLES:
            with self.subTest(style=style):
                profile = self.profile(dialect={"paging": style})
                contact = self.contact(profile)
                if style == "relay":
                    self.assertIsNone(contact.proposal)
                    continue
                self.assertEqual(contact.proposal["pagination"]["style"], style)
                profile["pagination"] = contact.proposal["pagination"]
                profile["delta"] = {"mode": "none"}
                again = self.contact(profile)
                self.assertEqual((again.status, again.proposal), ("available", None))


class TestOddAnswers(WebCase):
    def found(self, body, **pagination):
        self.source.answers("/contacts", body)
        profile = self.profile(
            pagination=pagination, objects={"contact": {"path": "/contacts"}}
        )
        found = discover(profile, {"api_key": KEY}, self.options())
        json.dumps(found.as_json())
        return found.objects[0]

    def test_a_list_in_another_place_is_proposed(self):
        one = self.found({"result": {"rows": [{"id": 1}], "side": []}, "x": 1})
        self.assertEqual(one.status, "error")
        self.assertIn("Correct records_at", one.message)
        self.assertEqual(one.proposal["pagination"]["records_at"], "result.rows")

    def test_a_bare_list(self):
        one = self.found([{"id": 1, "name": "x"}], records_at="", style="none")
        self.assertEqual((one.status, one.count), ("available", 1))

    def test_no_list_at_all(self):
        for body in (
            {"error": "x"},
            {"data": "text"},
            {"data": {}},
            "3",
            '"text"',
            "null",
        ):
            text = body if isinstance(body, str) else json.dumps(body)
            one = self.found((text, 200, {"Content-Type": "application/json"}))
            self.assertIn(one.status, ("error", "available"), body)
            self.assertEqual((one.count, one.sample), (0, []))

    def test_corrupt_items_are_counted(self):
        one = self.found({"data": [{"id": 1}, "x", {"no": "id"}]})
        self.assertEqual((one.count, one.corrupt, len(one.sample)), (3, 2, 1))

    def test_the_key_in_the_data_is_masked(self):
        one = self.found({"data": [{"id": 1, "echo": f"you sent {KEY}", KEY: 1}]})
        self.assertNotIn(KEY, json.dumps([one.sample]))

    def test_where_lists_are_looked_for(self):
        self.assertEqual(list_place({"a": {"b": {"c": [{}]}}}), "a.b.c")
        self.assertEqual(list_place({"a": [{}], "b": [{}, {}]}), "b")
        self.assertEqual(list_place([{}]), "")
        for body in (None, 3, {}, {"a": [1]}, {"a": {"b": {"c": {"d": {"e": [{}]}}}}}):
            self.assertIsNone(list_place(body))


class TestMasking(BaseCase):
    def test_recognisable_but_of_no_use(self):
        mask = Masker(lambda text: text.replace("s3cret", "•••")).value
        for name, value, masked in (
            ("email", "maria@northwind.example", "m•••@n•••.example"),
            ("owner.email", "a@x.example", "a•••@x•••.example"),
            ("phone", "+1 312 555 0142", "+• ••• ••• ••42"),
            ("first_name", "Maria", "M••••"),
            ("name", "Maria Lopez", "M•••• L••••"),
            ("address.street", "12 Oak St", "12 O•• S•"),
            ("address.city", "Oconee", "Oconee"),
            ("custom.tier", "gold", "gold"),
            ("custom.hint", "call 312 555 0142 now", "call ••• ••• ••42 now"),
            ("custom.mail", "to a.b@x.example!", "to a•••@x•••.example!"),
            ("stage_name", "Proposal Sent", "Proposal Sent"),
            ("updated_at", "2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
            ("amount", "12500.00", "12500.00"),
            ("amount", 12500.0, 12500.0),
            ("vip", True, True),
            ("nothing", None, None),
            ("download_url", "https://x.example/o/1?sig=abc", "https://x.example/…"),
            ("id", "ct_1042", "ct_1042"),
            ("owner_id", "us_3", "us_3"),
            ("token", "my s3cret", "my •••"),
            ("birthday", "1980-02-29", "••••-••-29"),
            ("tags", ["VIP", "b", "c", "d"], ["VIP", "b", "c"]),
            ("emails", [{"value": "a@x.example"}], [{"value": "a•••@x•••.example"}]),
        ):
            self.assertEqual(mask(name, value), masked, name)
        self.assertEqual(len(mask("custom.long", "x" * 1000)), 61)
        self.assertEqual(mask_mail("no mail"), "no mail")

    def test_odd_values(self):
        mask = Masker().value
        for value in (
            "https://[",
            "http://",
            "@",
            "",
            "a" * 10**6,
            "1" * 10**5,
            {"a": [[{}]]},
        ):
            mask("name", value)
            mask("x", value)
