"""Sample sources on loopback: two servers, their storage, and what they know.

with SampleSources() as sources:
    requests.get(f"{sources.rest_url}/api/v2/contacts",
                 headers={"X-API-Key": sources.auth.api_key})
"""

import time
from datetime import datetime, timezone

from .auth import Auth
from .common import SEED
from .faults import Faults
from .graphql import GraphQL
from .rest import Rest
from .serving import Log, Server
from .storage import Storage
from .world import World

__all__ = ["SampleSources", "World"]


class SampleSources:
    """Starts all servers on 127.0.0.1 and stops them at the end of the block.

    `rest_url`, `graphql_url` and `storage_url` are their origins, `world` their
    records, `faults` what goes wrong, `requests` what they received, `auth` the keys.

    :param scale: multiplies the number of records
    :param ports: {"rest": n, "graphql": n, "storage": n}; free ones where not given
    :param clock: epoch seconds now; signed addresses and tokens go by it
    """

    def __init__(self, seed=SEED, scale=1, ports=None, clock=time.time, world=None):
        self.world = world or World(seed, scale)
        self.clock = clock
        self.auth = Auth()
        self.faults = Faults()
        self.requests = Log()
        self.storage = Storage(self)
        self.rest = Rest(self)
        self.graphql = GraphQL(self)
        self._ports = ports or {}
        self._servers = {}

    def now(self):
        return self.moment(self.clock())

    @staticmethod
    def moment(epoch):
        return datetime.fromtimestamp(epoch, timezone.utc)

    def start(self):
        for name in ("rest", "graphql", "storage"):
            app = getattr(self, name).app
            self._servers[name] = Server(app, self._ports.get(name, 0))
        for server in self._servers.values():
            server.start()
        return self

    def stop(self):
        for server in self._servers.values():
            server.stop()
        self._servers.clear()

    __enter__ = start

    def __exit__(self, *_error):
        self.stop()

    @property
    def rest_url(self):
        return self._servers["rest"].url

    @property
    def graphql_url(self):
        return self._servers["graphql"].url

    @property
    def storage_url(self):
        return self._servers["storage"].url

    def dialect(self, **choices):
        """The origin of the GraphQL server in another dialect (see graphql.py)."""
        named = ",".join(f"{name}={value}" for name, value in choices.items())
        return f"{self.graphql_url}/with/{named}"

    def paged(self, style):
        """The origin of the REST server with another style of paging as default."""
        return f"{self.rest_url}/paging/{style}"
