"""Both sides of a list of references: what the source names, what Odoo links."""

from collections import Counter

from odoo.tools import SQL

from ..map.associations import associations, counts_as_link

CHUNK = 2000
#: Where each association of the source ends up.
BUCKETS = ("linked", "merged", "excluded", "failed", "pending")


class LinkTally:
    """Counts the associations of one list field, in chunks of staged records.

    :param header: the source's name of the field
    :param name: the many2many field of Odoo
    :param spec: the preset's description of the field
    """

    def __init__(self, env, obj, header, name, spec):
        self.env = env
        self.object = obj
        self.header = header
        self.name = name
        self.spec = spec
        self.kept = spec.get("kept", {}).get("name", "")

    def count(self):
        """Return ``Counter`` of the :data:`BUCKETS` and ``found``."""
        tally, last = Counter(), 0
        while rows := self._rows(last):
            self._count(rows, tally)
            last = rows[-1][0]
        return tally

    def _rows(self, last):
        return self.env.execute_query(
            SQL(
                "SELECT staged.id, staged.state, staged.payload -> %(header)s,"
                " link.res_model, link.res_id, link.origin,"
                " link.base_values -> %(name)s, link.base_values -> %(kept)s"
                " FROM migration_staged_record staged"
                " LEFT JOIN migration_crosswalk link"
                " ON link.staged_record_id = staged.id"
                " WHERE staged.object_id = %(object)s AND staged.id > %(last)s"
                " AND COALESCE(staged.payload ->> %(header)s, '') NOT IN ('', '[]')"
                " ORDER BY staged.id LIMIT %(chunk)s",
                header=self.header,
                name=self.name,
                kept=self.kept,
                object=self.object.id,
                last=last,
                chunk=CHUNK,
            )
        )

    def _count(self, rows, tally):
        live = self._live(rows)
        for _id, state, raw, model, res_id, origin, written, kept in rows:
            entries = associations(self.spec, raw)
            offered = [t for t, e in entries.items() if counts_as_link(self.spec, e)]
            if state in ("failed", "excluded", "pending") or not model:
                bucket = state if state in BUCKETS else "excluded"
                tally[bucket] += len(offered)
                continue
            if origin != "created":
                tally["merged"] += len(offered)
                continue
            written = written or []
            linked = len(written)
            if kept:
                offered = [t for t, e in kept.items() if counts_as_link(self.spec, e)]
                ids = [(kept.get(text) or {}).get("id") for text in offered]
                linked = sum(bool(res_id) for res_id in ids)
                missing = {res_id for res_id in ids if res_id} - live.get(
                    (model, res_id), set()
                )
            else:
                missing = set(written) - live.get((model, res_id), set())
            tally["linked"] += linked
            tally["failed"] += len(offered) - linked
            tally["found"] += linked - len(missing)

    def _live(self, rows):
        """Return ``{(model, id): ids linked now}``."""
        found, groups = {}, {}
        for row in rows:
            if row[3]:
                groups.setdefault(row[3], set()).add(row[4])
        for model, ids in groups.items():
            if model not in self.env or self.name not in self.env[model]._fields:
                continue
            records = self.env[model].with_context(active_test=False).browse(ids)
            for record in records.exists():
                found[model, record.id] = set(record[self.name].ids)
        return found
