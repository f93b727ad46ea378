import requests

from .samples_case import SamplesCase

CONTACTS = """
query Contacts($first: Int!, $after: String, $since: DateTime) {
  contacts(first: $first, after: $after, filter: {updated_at: {gte: $since}},
           order_by: {field: UPDATED_AT, direction: ASC}) {
    edges { cursor node { id email updated_at owner { id email }
      companies { edges { is_primary labels node { id name } } } } }
    pageInfo { hasNextPage endCursor } totalCount } }
"""
READINGS = """
query Readings($first: Int, $after: String) {
  custom_object_records(object: "meter_reading", first: $first, after: $after) {
    edges { cursor %s } pageInfo { hasNextPage endCursor } } }
"""
#: style -> (query with the place of its page, how to go on, where the records are)
STYLES = {
    "relay": ("{contacts(first:40 %s){nodes{id} pageInfo{hasNextPage endCursor}}}"),
    "relay_snake": (
        "{contacts(first:40 %s){nodes{id} page_info{has_next_page end_cursor}}}"
    ),
    "lighthouse": "{contacts(first:40 %s){data{id} paginatorInfo{hasMorePages}}}",
    "page_hasmore": (
        "{contacts(pagination:{pageSize:40 %s}){data{id} pageInfo{hasMore}}}"
    ),
    "offset": "{contacts(take:40 %s){id}}",
    "items_cursor": "{contacts(limit:40 %s){items{id} cursor}}",
}


def _go_on(style, page, done):
    """The argument that asks for the next page, or None."""
    if style == "offset":
        return f"skip:{done * 40}" if len(page) == 40 else None
    if style == "items_cursor":
        return page["cursor"] and f'cursor:"{page["cursor"]}"'
    infos = {
        "relay": ("pageInfo", "hasNextPage", 'after:"{endCursor}"'),
        "relay_snake": ("page_info", "has_next_page", 'after:"{end_cursor}"'),
        "lighthouse": ("paginatorInfo", "hasMorePages", "page:{next}"),
        "page_hasmore": ("pageInfo", "hasMore", "page:{next}"),
    }
    key, more, text = infos[style]
    info = page[key]
    return text.format(**info, next=done + 1) if info[more] else None


class TestPages(SamplesCase):
    def walk(self, style):
        base, argument, done, found = self.sources.dialect(paging=style), "", 0, []
        while argument is not None:
            page = self.data(STYLES[style] % argument, base=base)["contacts"]
            rows = page
            if isinstance(page, dict):
                rows = page.get("nodes") or page.get("data") or page.get("items")
            found, done = found + self.ids(rows), done + 1
            argument = _go_on(style, page, done)
        return found

    def test_every_style_gives_every_record_once(self):
        wanted = self.ids(self.sources.world.fasttrack.listing("contact"))
        self.assertEqual(len(wanted), 160)
        for style in STYLES:
            with self.subTest(style):
                self.assertEqual(self.walk(style), wanted)

    def test_default_query_goes_by_change_and_since(self):
        page = self.data(CONTACTS, first=160)["contacts"]
        moments = [edge["node"]["updated_at"] for edge in page["edges"]]
        self.assertEqual(page["totalCount"], 160)
        self.assertFalse(page["pageInfo"]["hasNextPage"])
        late = self.data(CONTACTS, first=160, since=moments[100])["contacts"]
        self.assertEqual(late["edges"][0]["node"]["updated_at"], moments[100])
        self.assertLess(late["totalCount"], 70)

    def test_other_ways_to_ask_since(self):
        wanted = self.data(CONTACTS, first=9, since="2026-06-01")["contacts"][
            "totalCount"
        ]
        lighthouse = """{contacts(where: {column: UPDATED_AT, operator: GTE,
            value: "2026-06-01T00:00:00Z"}) {paginatorInfo {total}}}"""
        page = self.data(lighthouse, base=self.sources.dialect(paging="lighthouse"))
        self.assertEqual(page["contacts"]["paginatorInfo"]["total"], wanted)
        after = '{contacts(updated_after: "2026-06-01") {totalCount}}'
        self.assertEqual(self.data(after)["contacts"]["totalCount"], wanted)

    def test_every_root_field_lists_its_records(self):
        for root, obj in (
            ("users", "user"),
            ("teams", "team"),
            ("companies", "company"),
            ("leads", "lead"),
            ("deals", "deal"),
            ("pipelines", "pipeline"),
            ("activities", "activity"),
            ("attachments", "attachment"),
            ("custom_objects", "custom_object"),
            ("association_labels", "association_label"),
        ):
            found = self.data(f"{{{root} {{totalCount}}}}")[root]["totalCount"]
            self.assertEqual(found, self.truth["fasttrack"][obj]["listed"], root)

    def test_nested_lists_end_at_their_cap(self):
        (key,) = self.places("fasttrack", "crowded")["deal"]
        text = '{node(id: "%s") {... on Deal {contacts%s {%s}}}}'
        parts = "edges {labels node {full_name}} pageInfo {hasNextPage endCursor}"
        first = self.data(text % (key, "", parts))["node"]["contacts"]
        self.assertEqual(len(first["edges"]), 20)
        self.assertTrue(first["pageInfo"]["hasNextPage"])
        self.assertEqual(first["edges"][0]["labels"], ["Decision Maker", "Champion"])
        after = f'(first: 20, after: "{first["pageInfo"]["endCursor"]}")'
        rest = self.data(text % (key, after, parts))["node"]["contacts"]
        self.assertEqual(len(rest["edges"]), 5)
        self.assertFalse(rest["pageInfo"]["hasNextPage"])

    def test_names_can_be_written_in_camel_case(self):
        base = self.sources.dialect(naming="camel")
        text = """{contacts(first: 1, orderBy: {field: UPDATED_AT}) {
            nodes {firstName customFields {key}}}
            customObjects {nodes {labelPlural}}}"""
        found = self.data(text, base=base)
        self.assertEqual(
            list(found["contacts"]["nodes"][0]), ["firstName", "customFields"]
        )

    def test_cursor_may_lead_to_the_same_page(self):
        found = self.query(
            '{contacts(first: 5, after: "YWZ0ZXI6NQ==") {pageInfo {endCursor}}}',
            headers={"X-Fault": "cursor-stuck"},
        ).json()
        cursor = found["data"]["contacts"]["pageInfo"]["endCursor"]
        self.assertEqual(cursor, "YWZ0ZXI6NQ==")


class TestSchemas(SamplesCase):
    def message(self, text, **options):
        body = self.query(text, **options).json()
        self.assertNotIn("data", body)
        self.assertEqual(
            body["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED"
        )
        return body["errors"][0]["message"]

    def test_smaller_plan_lacks_fields_and_root_fields(self):
        basic = self.sources.dialect(plan="basic")
        found = self.message("{contacts {nodes {id birthday}}}", base=basic)
        self.assertEqual(found, 'Cannot query field "birthday" on type "Contact".')
        found = self.message("{custom_objects {nodes {key}}}", base=basic)
        self.assertIn('Cannot query field "custom_objects" on type "Query".', found)
        viewer = self.data("{viewer {account {plan}}}", base=basic)
        self.assertEqual(viewer["viewer"]["account"]["plan"], "basic")
        text = '{custom_object_fields(object: "deal") {totalCount}}'
        self.assertEqual(self.data(text)["custom_object_fields"]["totalCount"], 1)
        found = self.data(text, base=basic)
        self.assertEqual(found["custom_object_fields"]["totalCount"], 0)

    def test_one_field_can_be_taken_away(self):
        fault = {"X-Fault": "gated-field:Deal.probability"}
        found = self.message("{deals {nodes {probability}}}", headers=fault)
        self.assertIn('Cannot query field "probability" on type "Deal"', found)

    def test_introspection_can_be_refused(self):
        text = "{__schema {queryType {fields {name}}}}"
        names = self.data(text)["__schema"]["queryType"]["fields"]
        self.assertIn({"name": "custom_object_fields"}, names)
        base = self.sources.dialect(introspection="off")
        self.assertIn("introspection has been disabled", self.message(text, base=base))
        base = self.sources.dialect(introspection="403")
        self.assertEqual(self.query(text, base=base).status_code, 403)
        self.data("{viewer {id}}", base=base)

    def test_request_errors_are_400_for_the_newer_media_type(self):
        accept = {"Accept": "application/graphql-response+json"}
        self.assertEqual(self.query("{nope}", headers=accept).status_code, 400)
        self.assertEqual(self.query("{nope}").status_code, 200)
        body = self.query("{nope").json()
        self.assertEqual(
            body["errors"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED"
        )

    def test_key_may_lack_the_scope_of_one_object(self):
        self.sources.auth.closed.add("leads")
        self.addCleanup(self.sources.auth.closed.clear)
        body = self.query("{leads {totalCount}}").json()
        self.assertIsNone(body["data"])
        self.assertEqual(body["errors"][0]["extensions"]["code"], "FORBIDDEN")
        self.data("{deals {totalCount}}")

    def test_only_json_is_taken(self):
        answer = requests.post(
            f"{self.sources.graphql_url}/graphql",
            data={"query": "{viewer{id}}"},
            headers=self.bearer,
            timeout=20,
        )
        self.assertEqual(answer.status_code, 415)
