from .samples_case import SamplesCase
from .test_sample_graphql import READINGS

ONE = "query One($id: ID!) {node(id: $id) {id}}"


class TestLimits(SamplesCase):
    shared = False

    def refused(self, fault, text="{contacts(first: 5) {nodes {id}}}"):
        answer = self.query(text, headers={"X-Fault": fault})
        self.assertEqual(answer.status_code, 200)
        return answer.json()

    def test_each_way_to_say_too_much(self):
        for fault, code, extra in (
            ("throttled", "THROTTLED", {}),
            ("rate-limited:7", "RATE_LIMITED", {"retry_after": 7}),
            ("complexity:9", "ComplexityException", {"retry_in_seconds": 9}),
            ("daily-limit", "DAILY_LIMIT_EXCEEDED", {}),
            ("unauthenticated", "UNAUTHENTICATED", {}),
        ):
            body = self.refused(fault)
            extensions = body["errors"][0]["extensions"]
            self.assertEqual(extensions["code"], code)
            self.assertEqual({**extensions, **extra}, extensions)
            self.assertIsNone(body.get("data"))

    def test_query_above_the_maximum_is_refused_for_ever(self):
        cost = self.refused("cost-max")["extensions"]["cost"]
        maximum = cost["throttleStatus"]["maximumAvailable"]
        self.assertGreater(cost["requestedQueryCost"], maximum)

    def test_http_faults_work_here_too(self):
        limited = self.query("{viewer {id}}", headers={"X-Fault": "429:4"})
        self.assertEqual(limited.status_code, 429)
        self.assertEqual(limited.headers["Retry-After"], "4")
        login = self.query("{viewer {id}}", headers={"X-Fault": "login-html"})
        self.assertIn("text/html", login.headers["Content-Type"])

    def test_refusal_in_the_manner_of_monday(self):
        body = self.refused("unauthorized-200")
        self.assertEqual(body["data"], [])
        self.assertEqual(body["errors"][0]["extensions"]["status_code"], 403)

    def test_cost_counts_a_list_by_its_size(self):
        def cost(text):
            body = self.query(text).json()
            return body["extensions"]["cost"]["requestedQueryCost"]

        self.assertEqual(cost("{contacts(first: 5) {nodes {id email}}}"), 11)
        self.assertEqual(cost("{contacts {nodes {id email}}}"), 201)
        nested = "{deals(first: 2) {nodes {id contacts(first: 3) {edges {labels}}}}}"
        self.assertEqual(cost(nested), 1 + 2 * (1 + 1 + 3))

    def test_bucket_runs_dry_and_fills_with_time(self):
        now = [1_795_300_000.0]
        self.sources.clock = lambda: now[0]
        self.sources.graphql.bucket.set(100, 10)
        text = "{contacts(first: 40) {nodes {id email}}}"
        first = self.query(text).json()["extensions"]["cost"]["throttleStatus"]
        self.assertEqual(first["currentlyAvailable"], 19)
        again = self.query(text).json()
        self.assertEqual(again["errors"][0]["extensions"]["code"], "THROTTLED")
        now[0] += 7
        self.assertIn("data", self.query(text).json())
        now[0] += 1000
        large = self.query(text.replace("40", "50")).json()["extensions"]["cost"]
        self.assertEqual(large["requestedQueryCost"], 101)
        self.assertEqual(large["throttleStatus"]["currentlyAvailable"], 100)


class TestUnreadable(SamplesCase):
    shared = False

    def readings(self, parts="node {id}", **variables):
        return self.query(READINGS % parts, **variables).json()

    def test_one_node_of_250_fails_every_page_it_is_on(self):
        (key,) = self.truth["fasttrack"]["meter_reading"]["poisoned"]
        whole = self.readings(first=250)
        self.assertIsNone(whole["data"])
        self.assertEqual(
            whole["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR"
        )
        good = [edge["node"]["id"] for n in range(250) for edge in self.one(n)["edges"]]
        self.assertEqual(len(good), 249)
        self.assertNotIn(key, good)

    def one(self, number):
        before = self.readings("", first=number)["data"] if number else None
        records = before and before["custom_object_records"]
        after = records and records["pageInfo"]["endCursor"]
        body = self.readings(first=1, after=after)
        return (body["data"] or {"custom_object_records": {"edges": []}})[
            "custom_object_records"
        ]

    def test_cursors_of_an_unreadable_page_can_be_read(self):
        page = self.readings("", first=250)["data"]["custom_object_records"]
        self.assertEqual(len(page["edges"]), 250)

    def test_unreadable_node_is_null_beside_an_error(self):
        store = self.sources.world.fasttrack
        key = store.listing("contact")[1]["id"]
        store.poison[key] = "node"
        body = self.query("{contacts(first: 3) {edges {node {id}}}}").json()
        self.assertIsNone(body["data"]["contacts"]["edges"][1]["node"])
        (problem,) = body["errors"]
        self.assertEqual(problem["path"], ["contacts", "edges", 1, "node"])
        self.assertEqual(problem["extensions"], {"code": "UNREADABLE_ITEM", "id": key})
        alone = self.query(ONE, id=key).json()
        self.assertIsNone(alone["data"]["node"])
        store.poison[key] = "list"
        alone = self.query(ONE, id=key).json()
        self.assertEqual(alone["data"]["node"]["id"], key)

    def test_partial_error_and_no_data_at_all_by_fault(self):
        text = "{deals(first: 3) {nodes {id}}}"
        body = self.query(text, headers={"X-Fault": "partial:2"}).json()
        self.assertIsNone(body["data"]["deals"]["nodes"][2])
        self.assertEqual(body["errors"][0]["path"], ["deals", "nodes", 2])
        body = self.query(text, headers={"X-Fault": "data-null"}).json()
        self.assertIsNone(body["data"])

    def test_world_changes_between_pages(self):
        text = """{contacts(first: 100, %s order_by: {field: UPDATED_AT}) {
            nodes {id} pageInfo {endCursor}}}"""
        self.sources.faults.add("drift-delete", server="graphql", nth=2)
        page = self.data(text % "")["contacts"]
        after = f'after: "{page["pageInfo"]["endCursor"]}",'
        rest = self.data(text % after)["contacts"]
        self.assertEqual(len(page["nodes"]) + len(rest["nodes"]), 159)
