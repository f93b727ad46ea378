"""Test and discover: what a live source offers, seen on one page of each object."""

import json
import time

from odoo import fields

from ...connectors.web.discover import discover
from ..base import Engine
from .silence import patience

#: Characters of a sample record that are kept.
SAMPLE = 20_000
#: Share of a worker's turn after which no further object is asked for: the last one
#: may take its time.
SHARE = 0.5


class DiscoverEngine(Engine):
    """Tries the key and notes, per object, what the source answers.

    Nothing is staged, and no proposal is applied: a person adopts it.
    """

    kind = "discover"

    def prepare(self):
        self.run.cursor = {"is_done": False}
        return 1

    def advance(self):
        if self.run.cursor["is_done"]:
            return 0
        connection = self.project._connection()
        connector = connection._open_source(is_complete=True)
        seconds = patience()
        until = None if seconds is None else time.monotonic() + seconds * SHARE
        try:
            found = discover(connector, until=until)
            names = {table.object for table in connector.tables()}
        finally:
            connector.close()
        # a refused key shows nothing, and what is switched off stays so
        connection.endpoint_ids.filtered(lambda one: one.name not in names).unlink()
        self._note_objects(connection, found.objects)
        connection.write(
            {
                "tested_on": fields.Datetime.now(),
                "test_status": found.status,
                "test_message": self._message(found),
            }
        )
        self.run.cursor = {"is_done": True}
        return 1

    def _message(self, found):
        """Return who we are at the source, what is there, and what to correct."""
        there = sum(one.status == "available" for one in found.objects)
        parts = [found.message]
        words = [word for word in found.identity.values() if isinstance(word, str)]
        parts.append(", ".join(words))
        if found.objects:
            parts.append(
                self.env._(
                    "%(there)s of %(all)s objects are available.",
                    there=there,
                    all=len(found.objects),
                )
            )
        return " · ".join(filter(None, [*parts, *found.notes]))

    def _note_objects(self, connection, objects):
        known = {endpoint.name: endpoint for endpoint in connection.endpoint_ids}
        for sequence, one in enumerate(objects):
            sample = json.dumps(one.sample[:1], indent=1, ensure_ascii=False)
            vals = {
                "sequence": sequence,
                "place": one.file,
                "status": one.status,
                "message": one.message,
                "source_count": one.total if one.total is not None else -1,
                "sample": sample[:SAMPLE] if one.sample else False,
                "unknown_fields": ", ".join(one.fields_new) or False,
                "proposal": one.proposal and one.proposal["pagination"],
                "proposed_style": one.proposal and one.proposal["pagination"]["style"],
                "evidence": one.evidence,
            }
            if one.name in known:
                known[one.name].write(vals)
            else:
                connection.endpoint_ids.create(
                    vals | {"connection_id": connection.id, "name": one.name}
                )
