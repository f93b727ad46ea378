"""Everything the sample sources know: two companies, deterministic, changeable."""

from collections import Counter
from functools import lru_cache

from .common import SEED
from .fasttrack import FastTrack
from .road_runner import RoadRunner


class World:
    """The records behind all sample servers.

    :param scale: multiplies companies, persons, deals, work, files and equipment
    """

    def __init__(self, seed=SEED, scale=1):
        self.seed, self.scale = seed, scale
        if scale == 1:
            self.road_runner, self.fasttrack = (s.copy() for s in _pristine(seed))
        else:
            self.road_runner = RoadRunner(seed, scale)
            self.fasttrack = FastTrack(seed, scale)
        self.stores = {"road_runner": self.road_runner, "fasttrack": self.fasttrack}

    def truth(self):
        """What a complete pull must find: {source: {object: facts}}.

        Facts are `live` and `all` (with tombstones) as counts of different ids,
        `listed` (rows of the list, repeated ids included), `pages` (of 100 rows),
        `deleted`, `repeated` and `poisoned` (ids), `trouble` ({name: ids}).
        """
        return {name: _source(store) for name, store in self.stores.items()}


@lru_cache(maxsize=4)
def _pristine(seed):
    """Both stores as they are before anything changes: made once for many tests."""
    return RoadRunner(seed), FastTrack(seed)


def _source(store):
    return {obj: _object(store, obj) for obj in list(store.tables)}


def _object(store, obj):
    live = store.listing(obj)
    counts = Counter(store.id_of(obj, record) for record in live)
    everything = {store.id_of(obj, r) for r in store.listing(obj, deleted=True)}
    trouble = {}
    for name, places in store.trouble.items():
        found = [key for kind, key in places if kind == obj]
        if found:
            trouble[name] = found
    return {
        "live": len(counts),
        "all": len(everything),
        "listed": len(live),
        "pages": -(-len(live) // 100),
        "deleted": sorted(everything - set(counts)),
        "repeated": sorted(key for key, count in counts.items() if count > 1),
        "poisoned": sorted(key for key in store.poison if key in everything),
        "trouble": trouble,
    }
