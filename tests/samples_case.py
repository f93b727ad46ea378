import requests

from odoo.tests import BaseCase

from odoo.addons.crm_migration.samples.servers import SampleSources


class SamplesCase(BaseCase):
    """Sample sources on loopback, one set for the class; faults end with the test."""

    shared = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.shared:
            cls.sources = SampleSources()
            cls.sources.start()
            cls.addClassCleanup(cls.sources.stop)

    def setUp(self):
        super().setUp()
        if not self.shared:
            self.sources = SampleSources()
            self.sources.start()
            self.addCleanup(self.sources.stop)
        self.addCleanup(self.sources.faults.clear)
        self.naps = []
        self.sources.faults.sleep = self.naps.append
        self.sources.requests.clear()
        self.session = requests.Session()
        self.addCleanup(self.session.close)
        self.key = {"X-API-Key": self.sources.auth.api_key}
        self.bearer = {"Authorization": f"Bearer {self.sources.auth.token}"}
        self.truth = self.sources.world.truth()

    def get(self, path, base="", headers=None, **params):
        """GET of a path of the REST server, or of a whole address, with the key."""
        url = path if "://" in path else f"{base or self.sources.rest_url}{path}"
        headers = {**self.key, **(headers or {})}
        return self.session.get(
            url, params=params, headers=headers, allow_redirects=False, timeout=20
        )

    def fail(self, fault, path="/api/v2/contacts", **params):
        """The answer of a list to a client that asks for a fault."""
        return self.get(path, headers={"X-Fault": fault}, **params)

    def pages(self, path, **params):
        """The bodies of a list page by page, as the default style leads on."""
        number, more = 1, True
        while more:
            body = self.get(path, page=number, **params).json()
            yield body
            number, more = number + 1, body["meta"]["has_more"]

    def pull(self, path, **params):
        return [row for body in self.pages(path, **params) for row in body["data"]]

    def query(self, text, base="", headers=None, **variables):
        """The answer of the GraphQL server."""
        return self.session.post(
            f"{base or self.sources.graphql_url}/graphql",
            json={"query": text, "variables": variables},
            headers={**self.bearer, **(headers or {})},
            timeout=20,
        )

    def data(self, text, **options):
        """The data of a query that must not fail."""
        body = self.query(text, **options).json()
        self.assertNotIn("errors", body)
        return body["data"]

    def ids(self, rows):
        return [row["id"] for row in rows]

    def places(self, source, name):
        """The trouble of one name: {object: ids}."""
        return {
            obj: facts["trouble"][name]
            for obj, facts in self.truth[source].items()
            if name in facts["trouble"]
        }
