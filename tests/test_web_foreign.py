import json
from datetime import datetime, timezone
from pathlib import Path

from odoo.addons.crm_migration.connectors.base import Problem, RawRecord, SourceTable
from odoo.addons.crm_migration.connectors.profile.normalise import Normaliser
from odoo.addons.crm_migration.connectors.profile.validate import check_profile
from odoo.addons.crm_migration.connectors.web import open_source
from odoo.addons.crm_migration.connectors.web.discover import discover

from .foreign_profiles import GRAPHQL, REST, SELECTION, TEXT, paging, ref
from .foreign_servers import COUNT, DIALECTS, ROWS, graphql
from .web_case import WebCase

SAMPLES = Path(__file__).parents[1] / "samples/profiles"
SINCE = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


class ForeignCase(WebCase):
    """Servers on loopback that speak the dialects of other makers."""

    def setUp(self):
        super().setUp()
        for name, view in DIALECTS.items():
            self.source.answers(f"/{name}", view)
        self.source.answers("/graphql", graphql)

    def rest(self, name):
        pages, spec, delta, _has_total = REST[name]
        path = f"/{name.partition(',')[0]}"
        company = {"refs": {"company": {}}}
        return self.profile(
            pagination=pages,
            delta={"overlap_s": 0, **delta},
            objects={"contact": {"path": path, **company, **spec}},
            auth={"type": "none"},
        )

    def graphql(self, name, introspection=True, **more):
        pages, spec, delta = GRAPHQL[name]
        company = ref("company_id", style="object")
        spec = {"selection": SELECTION, "type": "Contact", **company, **spec, **more}
        return self.profile(
            transport="graphql",
            introspection=introspection,
            pagination=pages,
            delta={"overlap_s": 0, "format": TEXT, "variable_type": "String", **delta},
            objects={"contact": spec},
            auth={"type": "none"},
        )

    def open(self, profile):
        self.assertEqual(check_profile(json.dumps(profile), allow_http=True), [])
        connector = open_source(profile, {}, self.options())
        self.addCleanup(connector.close)
        return connector

    def pull(self, connector, cursor=None, since=None):
        (table,) = connector.tables()
        return list(connector.pages(table, cursor, since))

    def assert_pulled(self, profile, has_total, has_delta):
        connector = self.open(profile)
        pages = self.pull(connector)
        items = [item for page in pages for item in page.items]
        self.assertEqual([item for item in items if isinstance(item, Problem)], [])
        names = list(ROWS[0])
        got = [{name: item.data.get(name) for name in names} for item in items]
        self.assertEqual(got, ROWS)
        self.assertEqual([item.external_id for item in items], [r["id"] for r in ROWS])
        self.assertTrue(all(item.updated_at for item in items))
        self.assertEqual(pages[0].total, COUNT if has_total else None)
        for number, page in enumerate(pages[:-1], start=1):
            cursor = json.loads(json.dumps(page.cursor))
            rest = [item for left in pages[number:] for item in left.items]
            again = [i for left in self.pull(connector, cursor) for i in left.items]
            self.assertEqual(again, rest)
        if has_delta:
            changed = self.pull(connector, since=SINCE)
            ids = [item.external_id for page in changed for item in page.items]
            self.assertEqual(ids, [row["id"] for row in ROWS[19:]])


class TestRestOfOthers(ForeignCase):
    def test_every_dialect_by_its_profile_alone(self):
        for name, (_pages, _spec, delta, has_total) in REST.items():
            with self.subTest(name):
                self.assert_pulled(self.rest(name), has_total, delta)
        self.assertEqual({name.partition(",")[0] for name in REST}, set(DIALECTS))

    def test_another_style_is_proposed_and_works(self):
        wrong = {
            "datasette": ("page", "next_url"),
            "json_server": ("next_url", "link_header"),
            "json_server, whole": ("page", "none"),
            "json_server_v1": ("cursor", "page"),
            "total_count": ("link_header", "page"),
            "postgrest": ("link_header", "offset"),
            "odata": ("page", "next_url"),
            "hal": ("page", "next_url"),
            "django_rest": ("cursor", "next_url"),
            "spring": ("next_url", "page"),
            "firebase": ("none", ""),
        }
        for name, (style, right) in wrong.items():
            with self.subTest(name):
                profile = self.rest(name.partition(",")[0])
                kept = {"page_size", "size_param", "page_param", "key_as"}
                given = profile["pagination"]
                profile["pagination"] = {k: v for k, v in given.items() if k in kept}
                profile["pagination"]["style"] = style
                paged = {} if name.endswith("whole") else {"_page": 1}
                if name.startswith("json_server"):
                    profile["objects"]["contact"]["params"] = paged
                (found,) = discover(self.open(profile)).objects
                proposal = (found.proposal or {}).get("pagination", {})
                self.assertEqual(proposal.get("style", ""), right, found)
                if right:
                    profile["pagination"].update(proposal)
                    ids = [
                        item.external_id or item.data
                        for page in self.pull(self.open(profile))
                        for item in page.items
                    ]
                    self.assertEqual(len(ids), COUNT)

    def test_rows_that_do_not_fit_their_columns_are_set_aside(self):
        body = {"columns": ["id", "name"], "rows": [["k1", "x"], ["k2"]]}
        self.source.answers("/datasette", body)
        (page,) = self.pull(self.open(self.rest("datasette, arrays")))
        self.assertEqual(page.items[0].data, {"id": "k1", "name": "x"})
        self.assertEqual(page.items[1].code, "corrupt_item")


class TestGraphQLOfOthers(ForeignCase):
    def test_every_dialect_by_its_profile_alone(self):
        for name, (_pages, _spec, delta) in GRAPHQL.items():
            for introspection in (True, False):
                with self.subTest(name, introspection=introspection):
                    profile = self.graphql(name, introspection)
                    self.assert_pulled(profile, True, delta)

    def test_a_count_that_is_not_there_is_done_without(self):
        for text in ("no_such{count}", "barred{count}"):
            for introspection in (True, False):
                with self.subTest(text, introspection=introspection):
                    profile = self.graphql("numbered", introspection, count=text)
                    pages = self.pull(self.open(profile))
                    items = [item for page in pages for item in page.items]
                    codes = [one.code for one in items if isinstance(one, Problem)]
                    self.assertEqual(codes, ["field_missing"])
                    self.assertEqual((len(items), pages[0].total), (COUNT + 1, None))

    def test_a_field_that_is_not_there_inside_another_is_done_without(self):
        more = {"selection": ["id", "plan_only"], "fields": {}}
        for introspection in (True, False):
            with self.subTest(introspection=introspection):
                profile = self.graphql("inside another field", introspection, **more)
                items = [
                    i for page in self.pull(self.open(profile)) for i in page.items
                ]
                self.assertEqual(items[0].field, "plan_only")
                self.assertEqual(len(items), COUNT + 1)

    def test_numbered_lists_are_proposed(self):
        profile = self.graphql("numbered")
        profile["pagination"] = paging("relay", "first")
        (found,) = discover(self.open(profile)).objects
        self.assertEqual(found.proposal["pagination"]["style"], "page")


class TestUnpack(ForeignCase):
    def test_names_that_meet_are_both_kept(self):
        spec = {"unpack": ["attributes"]}
        profile = {"objects": {"contact": spec}}
        item = {"id": 1, "type": "a", "attributes": {"type": "b", "x": {"y": 1}}}
        (record,) = Normaliser(profile, "contact").records(item, "", 1)
        self.assertEqual(
            record.data, {"id": "1", "type": "b", "x.y": 1, "source.type": "a"}
        )


class TestSampleProfiles(ForeignCase):
    """The profiles that were written for real servers, against their imitations."""

    def test_they_are_right(self):
        files = sorted(SAMPLES.glob("*.json"))
        self.assertGreaterEqual(len(files), 5)
        for file in files:
            with self.subTest(file.stem):
                text = file.read_text("utf-8")
                self.assertEqual(check_profile(text, allow_http=True), [])
                profile = json.loads(text)
                self.assertEqual(profile["profile"], file.stem)
                self.assertTrue(profile["label"])

    def test_their_contacts_can_be_pulled(self):
        for name, path, view in (
            ("datasette", "/contacts.json", DIALECTS["datasette"]),
            ("json_server", "/contacts", DIALECTS["json_server"]),
            ("json_server_v1", "/contacts", DIALECTS["json_server_v1"]),
            ("datasette_graphql", "/graphql/crm", graphql),
            ("json_graphql_server", "/all", graphql),
        ):
            with self.subTest(name):
                self.source.answers(path, view)
                ids = self._contacts(name, path)
                self.assertEqual(ids, [row["id"] for row in ROWS])

    def _contacts(self, name, path):
        profile = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
        profile["base_url"] = self.source.url
        if profile.get("endpoint") == "/":
            profile["endpoint"] = path
        profile["pagination"]["page_size"] = 10
        connector = open_source(profile, {}, self.options())
        self.addCleanup(connector.close)
        pages = connector.pages(SourceTable("contact", "", ()))
        items = [item for page in pages for item in page.items]
        return [one.external_id for one in items if isinstance(one, RawRecord)]
