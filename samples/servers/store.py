"""The records of one source: kept in memory, changed at run time, listed in order."""

import copy
import threading
from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import datetime, timedelta, timezone

from .common import TODAY, iso, parse

_EARLY = datetime.min.replace(tzinfo=timezone.utc)


class Store:
    """Tables of records by object and id; every method may be called by any thread.

    A record that is handed out is never changed: an update puts a new one in its
    place, so that a response can be written while the world goes on.
    """

    #: Objects whose records stay listed as deleted ones, with the field that says so.
    tombstones: dict[str, str] = {}
    #: Objects that have no `id`, with the fields that make one.
    keys: dict[str, tuple[str, ...]] = {}

    def __init__(self, name):
        self.name = name
        self.tables = defaultdict(dict)
        #: Ids that a list of the object gives twice, `gap` rows after the first time.
        self.repeats = defaultdict(dict)
        #: Ids that cannot be read: "page" fails the page, "node" only the record.
        self.poison = {}
        #: What the storage holds, by the id of the file.
        self.blobs = {}
        #: Name of a trouble -> [(object, id)].
        self.trouble = {}
        self._lock = threading.RLock()
        self._orders = {}
        self._ticks = 0

    def copy(self):
        """The same records in a store of its own; what is changed here stays here."""
        other = copy.copy(self)
        other.tables = defaultdict(dict, {k: dict(v) for k, v in self.tables.items()})
        other.repeats = defaultdict(dict, {k: dict(v) for k, v in self.repeats.items()})
        other.poison, other.blobs = dict(self.poison), dict(self.blobs)
        other._lock, other._orders = threading.RLock(), {}
        return other

    def id_of(self, obj, record):
        fields = self.keys.get(obj)
        return ":".join(str(record[f]) for f in fields) if fields else record["id"]

    def add(self, obj, record):
        """Put a record in as it is."""
        with self._lock:
            key = self.id_of(obj, record)
            self.tables[obj][key] = record
            self._forget(obj)
            return key

    def _forget(self, obj):
        for order in [order for order in self._orders if order[0] == obj]:
            del self._orders[order]

    def now(self):
        """The moment of the next change: each one second after the one before."""
        with self._lock:
            self._ticks += 1
            return TODAY + timedelta(seconds=self._ticks)

    def create(self, obj, record=None, **values):
        """Add a record made of another one of the object; the new id."""
        with self._lock:
            moment = iso(self.now())
            pattern = record or next(iter(self.tables[obj].values()))
            new = {**pattern, **values}
            if "id" in pattern and "id" not in values:
                new["id"] = self.new_id(obj)
            for field in ("created_at", "updated_at"):
                if field in pattern and field not in values:
                    new[field] = moment
            if pattern.get("id") in self.blobs:
                self.blobs[new["id"]] = self.blobs[pattern["id"]]
            return self.add(obj, new)

    def new_id(self, obj):
        raise NotImplementedError

    def update(self, obj, key, **values):
        """Change a record; `updated_at` follows unless it is given."""
        with self._lock:
            old = self.tables[obj][key]
            if "updated_at" in old:
                values.setdefault("updated_at", iso(self.now()))
            self.add(obj, {**old, **values})

    def delete(self, obj, key, hard=False):
        """Delete a record, leaving a tombstone where the object knows them."""
        with self._lock:
            field = self.tombstones.get(obj)
            if field and not hard:
                moment = iso(self.now())
                return self.update(obj, key, **{field: moment, "updated_at": moment})
            del self.tables[obj][key]
            return self._forget(obj)

    def get(self, obj, key):
        with self._lock:
            return self.tables[obj].get(key)

    def listing(
        self,
        obj,
        *,
        deleted=False,
        since=None,
        exclusive=False,
        sort="",
        descending=False,
    ):
        """The records of an object as a list that stays as it is.

        :param since: aware moment; what has no `updated_at` is always given
        :param sort: `updated_at`, `created_at`, or as it stands in the table
        """
        moments, records = self._ordered(obj, deleted, sort)
        if since is not None and sort == "updated_at":
            cut = bisect_right if exclusive else bisect_left
            start = cut(moments, since)
            unknown = bisect_right(moments, _EARLY)
            records = records[:unknown] + records[max(start, unknown) :]
        elif since is not None:
            records = [r for r in records if self._changed(r, since, exclusive)]
        return records[::-1] if descending else records

    @staticmethod
    def _changed(record, since, exclusive):
        moment = parse(record.get("updated_at"))
        if moment is None:
            return True
        return moment > since if exclusive else moment >= since

    def _ordered(self, obj, deleted, sort):
        with self._lock:
            order = (obj, deleted, sort)
            if order not in self._orders:
                self._orders[order] = self._order(obj, deleted, sort)
            return self._orders[order]

    def _order(self, obj, deleted, sort):
        field = self.tombstones.get(obj)
        records = [
            r
            for r in self.tables[obj].values()
            if deleted or not field or not r.get(field)
        ]
        moments = []
        if sort:
            # the table's own order decides between equal moments
            pairs = [(parse(r.get(sort)) or _EARLY, r) for r in records]
            pairs.sort(key=lambda pair: pair[0])
            moments, records = [p[0] for p in pairs], [p[1] for p in pairs]
        for key, gap in self.repeats[obj].items():
            places = [i for i, r in enumerate(records) if self.id_of(obj, r) == key]
            if places:
                place = min(places[0] + gap, len(records))
                records.insert(place, records[places[0]])
                if sort:
                    moments.insert(place, moments[max(place - 1, 0)])
        return moments, records
