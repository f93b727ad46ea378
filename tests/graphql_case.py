import copy
import json

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.base import Problem, RawRecord
from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.connectors.web import WebOptions, open_source
from odoo.addons.crm_migration.samples.servers import SampleSources

from .web_case import NOW, WebCase

STYLES = (
    "relay",
    "relay_snake",
    "lighthouse",
    "page_hasmore",
    "offset",
    "items_cursor",
)
#: What a style's server calls filter and order, where it is not as in the preset.
DELTAS = {
    "lighthouse": {
        "mode": "graphql_arg",
        "param": "where:{column:UPDATED_AT,operator:GTE,value:$since}",
        "sort": {"param": "orderBy:[{column:UPDATED_AT,order:ASC}]"},
    }
}


class Pulled:
    """What a pull gave: records, problems, pages, and the error that ended it."""

    def __init__(self):
        self.pages, self.error = [], None

    @property
    def items(self):
        return [item for page in self.pages for item in page.items]

    @property
    def records(self):
        return [item for item in self.items if isinstance(item, RawRecord)]

    @property
    def problems(self):
        return [item for item in self.items if isinstance(item, Problem)]

    @property
    def ids(self):
        return [record.external_id for record in self.records]

    @property
    def messages(self):
        return [problem.message for problem in self.problems]


def pull(connector, name="contact", cursor=None, since=None, pages=None):
    """Pull an object to its end, or so many pages of it."""
    pulled = Pulled()
    table = next(one for one in connector.tables() if one.object == name)
    try:
        for page in connector.pages(table, cursor, since):
            pulled.pages.append(page)
            if len(pulled.pages) == pages:
                break
    except Exception as error:
        pulled.error = error
    return pulled


class GraphQLCase(BaseCase):
    """The sample GraphQL source; time passes only when something naps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = NOW
        cls.sources = SampleSources(clock=lambda: cls.now)
        cls.sources.start()
        cls.addClassCleanup(cls.sources.stop)
        cls.store = cls.sources.world.fasttrack

    def setUp(self):
        super().setUp()
        self.naps = []
        self.sources.faults.clear()
        self.sources.requests.clear()
        self.sources.graphql.bucket.fill()
        before = copy.copy(self.store.poison)
        self.addCleanup(self.store.poison.update, before)
        self.addCleanup(self.store.poison.clear)

    def nap(self, seconds):
        self.naps.append(seconds)
        type(self).now += seconds

    @property
    def long_naps(self):
        """The waits beyond the pace of calls."""
        return [round(nap, 1) for nap in self.naps if nap > 0.5]

    def profile(self, key="fasttrack_relay", dialect=None, **parts):
        profile = load_preset_profile(key)
        dialect = dialect or {}
        profile["base_url"] = (
            self.sources.dialect(**dialect) if dialect else self.sources.graphql_url
        )
        profile["limits"]["max_rps"] = 0
        profile.update(copy.deepcopy(parts))
        return profile

    def styled(self, style, size=100, **parts):
        delta = {"delta": DELTAS[style]} if style in DELTAS else {}
        return self.profile(
            dialect={"paging": style},
            pagination={"style": style, "page_size": size},
            **{**delta, **parts},
        )

    def open(self, profile=None, secrets=None, **options):
        options = WebOptions(
            allow_private=True, sleep=self.nap, clock=lambda: self.now, **options
        )
        secrets = secrets or {"token": self.sources.auth.token}
        connector = open_source(profile or self.profile(), secrets, options)
        self.addCleanup(connector.close)
        return connector

    def pull(self, profile=None, name="contact", **options):
        return pull(self.open(profile, **options), name)

    def fault(self, text, operation="contacts", **when):
        return self.sources.faults.add(
            text, operation=operation, server="graphql", **when
        )

    def queries(self, root="contacts"):
        """The bodies of the requests for a root field, in order."""
        bodies = [json.loads(one.body) for one in self.sources.requests.of("graphql")]
        return [body for body in bodies if f" {root}(" in body["query"]]

    @property
    def contacts(self):
        return list(self.store.tables["contact"])


class ScriptedCase(WebCase):
    """A GraphQL source whose answers a test writes itself."""

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, self, "naps", [])

    def answers(self, *bodies):
        """Give answers in turn, the last one for ever."""
        self.source.answers("/graphql", *bodies)

    def open(self, **parts):
        profile = {
            "transport": "graphql",
            "base_url": self.source.url,
            "introspection": False,
            "auth": {"type": "bearer"},
            "limits": {"max_rps": 0, "max_retries": 2},
            "pagination": {"style": "relay", "page_size": 4},
            "objects": {
                "contact": {
                    "root_field": "contacts",
                    "type": "Contact",
                    "selection": ["id", "name", "owner{id email}"],
                }
            },
        }
        profile.update(copy.deepcopy(parts))
        connector = open_source(profile, {"token": "k3y-7f0c2b91"}, self.options())
        self.addCleanup(connector.close)
        return connector

    def pull(self, **parts):
        return pull(self.open(**parts))

    @staticmethod
    def page(*ids, after=None, **more):
        edges = [
            {"cursor": f"c{key}", "node": key and {"id": key, "name": "x"}}
            for key in ids
        ]
        info = {"hasNextPage": bool(after), "endCursor": after}
        return {"data": {"contacts": {"edges": edges, "pageInfo": info}}, **more}

    @property
    def bodies(self):
        return [json.loads(asked.body) for asked in self.source.asked("/graphql")]
