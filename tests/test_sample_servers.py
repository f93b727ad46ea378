from urllib.parse import parse_qsl, urlsplit

from .samples_case import SamplesCase


def _asked(url):
    return dict(parse_qsl(urlsplit(url).query))


def _numbered(key):
    """Goes on to the next number while `key(body)` says so."""
    return lambda body, headers, done: {"page": done + 1} if key(body) else None


def _cursor(name, key):
    def go_on(body, headers, done):
        found = key(body, headers)
        return {name: found} if found else None

    return go_on


def _link(body, headers, done):
    for part in headers["Link"].split(", "):
        if part.endswith('rel="next"'):
            return _asked(part[1 : part.index(">")])
    return None


def _next_url(body, headers, done):
    link = body["links"].get("next")
    return _asked(link) if link else None


def _next_start(body, headers, done):
    pagination = body["additional_data"]["pagination"]
    if not pagination["more_items_in_collection"]:
        return None
    return {"start": pagination["next_start"]}


#: style -> (how a client goes on, where the records are)
STYLES = {
    "page": (_numbered(lambda body: body["meta"]["has_more"]), "data"),
    "page_bare": (_numbered(lambda body: len(body["data"]) == 40), "data"),
    "page_array": (_numbered(lambda body: len(body) == 40), ""),
    "zuper": (_numbered(lambda b: b["current_page"] < b["total_pages"]), "data"),
    "zoho": (_numbered(lambda body: body["info"]["more_records"]), "data"),
    "cliniko": (_next_url, "contacts"),
    "offset": (
        lambda b, h, done: {"offset": done * 40} if len(b["data"]) == 40 else None,
        "data",
    ),
    "offset_named": (
        lambda b, h, done: (
            {"offset": done * 40} if done * 40 < b["total_count"] else None
        ),
        "contacts",
    ),
    "pipedrive_v1": (_next_start, "data"),
    "cursor": (_cursor("cursor", lambda b, h: b["meta"]["next_cursor"]), "data"),
    "cursor_header": (_cursor("cursor", lambda b, h: h.get("X-Next-Cursor")), "data"),
    "pipedrive_v2": (
        _cursor("cursor", lambda b, h: b["additional_data"]["next_cursor"]),
        "data",
    ),
    "hubspot": (
        _cursor("after", lambda b, h: b.get("paging", {}).get("next", {}).get("after")),
        "results",
    ),
    "next_url": (_next_url, "data"),
    "link_header": (_link, "data"),
}


class TestPaging(SamplesCase):
    def walk(self, style):
        """Every record of the contacts as a client of this style sees them."""
        go_on, records_at = STYLES[style]
        base, params, done, found = self.sources.paged(style), {}, 0, []
        while params is not None:
            params["per_page" if "offset" not in style else "limit"] = 40
            answer = self.get("/api/v2/contacts", base=base, **params)
            body, done = answer.json(), done + 1
            found += (body[records_at] if records_at else body) or []
            params = go_on(body, answer.headers, done)
        return found

    def test_every_style_gives_every_record_once(self):
        wanted = self.ids(self.pull("/api/v2/contacts"))
        self.assertEqual(len(wanted), self.truth["road_runner"]["contact"]["live"])
        for style in STYLES:
            with self.subTest(style):
                self.assertEqual(self.ids(self.walk(style)), wanted)

    def test_style_can_be_a_parameter(self):
        body = self.get("/api/v2/contacts", style="zoho", per_page=2).json()
        self.assertEqual(body["info"]["count"], 2)

    def test_server_may_ignore_the_page(self):
        base = self.sources.paged("page_stuck")
        bodies = [
            self.get("/api/v2/contacts", base=base, page=n).json() for n in (1, 2, 9)
        ]
        self.assertEqual(bodies[0], bodies[1])
        self.assertEqual(bodies[0], bodies[2])
        self.assertTrue(bodies[2]["meta"]["has_more"])

    def test_server_may_give_the_same_cursor_for_ever(self):
        base = self.sources.paged("cursor_stuck")
        first = self.get("/api/v2/contacts", base=base).json()
        cursor = first["meta"]["next_cursor"]
        again = self.get("/api/v2/contacts", base=base, cursor=cursor).json()
        self.assertEqual(again, first)

    def test_pages_are_as_many_as_the_truth_says(self):
        bodies = list(self.pages("/api/v2/activities"))
        facts = self.truth["road_runner"]["activity"]
        self.assertEqual((len(bodies), facts["repeated"]), (facts["pages"], ["ac_20"]))

    def test_page_after_the_last_is_empty(self):
        self.assertEqual(self.get("/api/v2/contacts", page=99).json()["data"], [])


class TestLists(SamplesCase):
    def test_volumes_are_those_announced(self):
        for path, obj in (
            ("contacts", "contact"),
            ("deals", "deal"),
            ("tasks", "task"),
            ("activities", "activity"),
            ("files", "file"),
            ("equipment", "equipment"),
            ("tags", "tag"),
            ("properties", "property_definition"),
        ):
            rows = self.pull(f"/api/v2/{path}")
            self.assertEqual(len(rows), self.truth["road_runner"][obj]["listed"], path)

    def test_only_what_changed_since_is_listed_the_moment_included(self):
        rows = self.pull("/api/v2/contacts", sort="updated_at", order="asc")
        moment = rows[120]["updated_at"]
        found = self.pull("/api/v2/contacts", sort="updated_at", updated_since=moment)
        self.assertIn(rows[120]["id"], self.ids(found))
        self.assertLess(len(found), 85)

    def test_unclear_moment_is_a_validation_error(self):
        answer = self.get("/api/v2/contacts", updated_since="last tuesday")
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(
            answer.json()["error"]["fields"], {"updated_since": ["invalid"]}
        )

    def test_moment_may_stand_in_a_header_or_a_search(self):
        wanted = len(self.pull("/api/v2/contacts", updated_since="2026-06-01"))
        self.assertGreater(wanted, 0)
        header = {"If-Modified-Since": "Mon, 01 Jun 2026 00:00:00 GMT"}
        found = self.get("/api/v2/contacts", headers=header, per_page=500).json()
        self.assertEqual(len(found["data"]), wanted)
        since = {
            "propertyName": "updated_at",
            "operator": "GTE",
            "value": "1780272000000",
        }
        body = {"filterGroups": [{"filters": [since]}], "limit": 500}
        url = f"{self.sources.rest_url}/api/v2/contacts/search"
        found = self.session.post(url, json=body, headers=self.key).json()
        self.assertEqual(len(found["results"]), wanted)

    def test_deleted_records_are_listed_on_demand(self):
        live = set(self.ids(self.pull("/api/v2/contacts")))
        everything = self.pull("/api/v2/contacts", include_deleted="true")
        gone = [row for row in everything if row["id"] not in live]
        self.assertEqual(
            sorted(self.ids(gone)), self.truth["road_runner"]["contact"]["deleted"]
        )
        self.assertTrue(all(row["deleted_at"] for row in gone))

    def test_inactive_users_are_listed_on_demand(self):
        self.assertEqual(len(self.pull("/api/v2/users")), 7)
        self.assertEqual(len(self.pull("/api/v2/users", include_inactive="true")), 8)

    def test_properties_are_told_by_object(self):
        rows = self.pull("/api/v2/properties", object="equipment")
        self.assertEqual([row["key"] for row in rows], ["tonnage"])

    def test_one_record_and_the_stages_of_a_pipeline_can_be_read(self):
        self.assertEqual(self.get("/api/v2/contacts/ct_7").json()["data"]["id"], "ct_7")
        self.assertEqual(self.get("/api/v2/contacts/ct_0").status_code, 404)
        stages = self.get("/api/v2/pipelines/pl_1/stages").json()["data"]
        self.assertEqual(stages[2]["name"], "Proposal Sent")


class TestVersionOne(SamplesCase):
    def setUp(self):
        super().setUp()
        self.key = {"Authorization": f"Token {self.sources.auth.api_key}"}

    def test_same_records_with_numbers_as_ids(self):
        body = self.get("/api/v1/contacts", limit=500).json()
        self.assertEqual(list(body), ["contacts", "total_count"])
        ids = {f"ct_{row['id']}" for row in body["contacts"]}
        self.assertEqual(
            ids,
            set(self.sources.world.road_runner.tables["contact"])
            - set(self.truth["road_runner"]["contact"]["deleted"]),
        )

    def test_times_are_local_and_references_nested(self):
        new = self.sources.world.road_runner.get("contact", "ct_60")
        old = self.get("/api/v1/contacts/60").json()["contact"]
        self.assertRegex(old["modified"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertNotEqual(old["modified"][11:13], new["updated_at"][11:13])
        self.assertEqual(f"us_{old['owner']['id']}", new["owner_id"])
        self.assertNotIn("custom_properties", old)
        named = {part["name"]: part["value"] for part in old["custom_fields"]}
        self.assertEqual(named["Sq Ft"], str(new["custom_properties"]["sq_ft"]))
        self.assertIn("crm:Warranty Tier", named)

    def test_only_what_changed_later_than_asked_is_listed(self):
        rows = self.get("/api/v1/contacts", limit=500).json()["contacts"]
        moment = rows[120]["modified"]
        found = self.get("/api/v1/contacts", limit=500, modified_after=moment).json()
        self.assertNotIn(rows[120]["id"], self.ids(found["contacts"]))
        self.assertIn(rows[125]["id"], self.ids(found["contacts"]))
