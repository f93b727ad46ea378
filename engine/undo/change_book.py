"""What a run overwrites in records that were there before it."""

from contextlib import contextmanager

from odoo.tools import SQL

from ..inserts import insert_rows
from ..quiet import RUN_KEY
from ..values import read_portable
from .restore import STAMP

#: Columns that say nothing of a record's content, or that only Odoo keeps.
_NO_CONTENT = {"id", "parent_path", *STAMP}
#: What of a crosswalk row a run may change, field by field ...
PER_FIELD = ("base_values", "left_values", "previous_values")
#: ... and as a whole.
_AS_WHOLE = ("origin", "source_object", "staged_record_id", "content_hash")
_AS_WHOLE += ("res_model", "res_id", "part_values", "unread_values")


def add_links(env, rows):
    """Insert crosswalk rows (dicts); they bear the run that is at work."""
    run_id = env.context.get(RUN_KEY, False)
    shared = {"run_id": run_id, "first_run_id": run_id}
    insert_rows(env["migration.crosswalk"], [shared | row for row in rows])


def read_rows(env, model, ids):
    """Return ``{id: {column: value}}`` as it stands in the table, values as JSON."""
    if not ids:
        return {}
    env[model].flush_model()
    return dict(
        env.execute_query(
            SQL(
                "SELECT target.id, to_jsonb(target) FROM %s target"
                " WHERE target.id = ANY(%s)",
                SQL.identifier(env[model]._table),
                list(ids),
            )
        )
    )


def differing(before, after):
    """Return the names whose values differ, but for what is no content."""
    return {
        name
        for name in {**before, **after}
        if name not in _NO_CONTENT and before.get(name) != after.get(name)
    }


class ChangeBook:
    """Notes changes of records, a batch at a time.

    :meth:`look` comes before the first write of the batch, :meth:`note` after the
    last write of a record, :meth:`flush` at the end. Without a run nothing is noted.
    """

    def __init__(self, env):
        self.env = env
        self._run_id = env.context.get(RUN_KEY)
        self._rows, self._lists, self._links = {}, {}, {}
        self._noted = []

    def look(self, links):
        """Read how records and crosswalk rows stand now."""
        if not self._run_id:
            return
        for model, group in links.grouped("res_model").items():
            rows = read_rows(self.env, model, group.mapped("res_id"))
            self._rows |= {(model, res_id): row for res_id, row in rows.items()}
        self._links |= {link: _state_of(link) for link in links}

    def look_at_lists(self, link, names):
        """Read the many2many fields among ``names``, which have no column."""
        if not self._run_id:
            return
        model = self.env[link.res_model]
        names = [n for n in names if model._fields[n].type == "many2many"]
        record = model.browse(link.res_id)
        self._lists[link] = read_portable(record, names)[record.id]

    def note(self, link, by=None):
        """Remember that the record of a crosswalk row was changed.

        :param by: the source record that brought the change; its own by default
        """
        # what the run itself has made goes as a whole
        if self._run_id and (by or link.first_run_id.id != self._run_id):
            staged_id = by.id if by else self._links[link]["staged_record_id"]
            self._noted.append((link, staged_id))

    def flush(self):
        """Write the changes of the batch; what is as it was leaves no trace."""
        now, links = {}, self.env["migration.crosswalk"]
        links = links.union(*(link for link, _by in self._noted))
        for model, group in links.grouped("res_model").items():
            rows = read_rows(self.env, model, group.mapped("res_id"))
            now |= {(model, res_id): row for res_id, row in rows.items()}
        changes = [
            row for link, by in self._noted if (row := self._change(link, by, now))
        ]
        insert_rows(self.env["migration.change"], changes)
        self._noted = []

    def _change(self, link, by, now):
        place = link.res_model, link.res_id
        before, after = dict(self._rows[place]), dict(now.get(place, {}))
        stamps = [{name: row.get(name) for name in STAMP} for row in (before, after)]
        lists = self._lists.get(link, {})
        if lists:
            record = self.env[link.res_model].browse(link.res_id)
            before |= lists
            after |= read_portable(record, list(lists))[record.id]
        names = differing(before, after)
        state = _changed_state(self._links[link], _state_of(link))
        if not names and not state:
            return None
        return {
            "project_id": link.project_id.id,
            "company_id": link.company_id.id,
            "run_id": self._run_id,
            "crosswalk_id": link.id,
            "staged_record_id": by or False,
            "values_before": {name: before.get(name) for name in names},
            "values_left": {name: after.get(name) for name in names},
            "link_before": state,
            "stamp_before": stamps[0],
            "stamp_left": stamps[1],
        }


@contextmanager
def noting(link, names=(), by=None):
    """Note what the block does to the record of one crosswalk row.

    :param names: fields that are written, of which the lists are read
    :param by: the source record that brings the change
    """
    book = ChangeBook(link.env)
    is_noted = link and (by or link.first_run_id.id != link.env.context.get(RUN_KEY))
    if is_noted:
        book.look(link)
        book.look_at_lists(link, names)
    yield
    if is_noted:
        book.note(link, by)
        book.flush()


@contextmanager
def noting_row(link):
    """Note what the block changes in a crosswalk row alone.

    For rows that add to a record of another row, which has its own note.
    """
    before = _state_of(link)
    yield
    if changed := _changed_state(before, _state_of(link)):
        _note_fact(link, {"crosswalk_id": link.id, "link_before": changed})


def note_deletion(link):
    """Note that the run deletes the record of a crosswalk row, and the row."""
    _note_fact(link, {"link_before": {"source_object": link.source_object}})


def note_new_history(link):
    """Note that the run takes stage changes of a record away to write others."""
    _note_fact(link, {"crosswalk_id": link.id, "has_new_history": True})


def _note_fact(link, vals):
    run_id = link.env.context.get(RUN_KEY)
    if link and run_id and link.first_run_id.id != run_id:
        shared = {
            "project_id": link.project_id.id,
            "company_id": link.company_id.id,
            "run_id": run_id,
            "staged_record_id": link.staged_record_id.id,
        }
        insert_rows(link.env["migration.change"], [shared | vals])


def _state_of(link):
    state = {name: dict(link[name] or {}) for name in PER_FIELD}
    state |= {name: link[name] or None for name in _AS_WHOLE}
    return state | {"staged_record_id": link.staged_record_id.id or None}


def _changed_state(before, after):
    """Return what was changed: whole values, and ``[value]`` or ``[]`` per field."""
    changed = {n: before[n] for n in _AS_WHOLE if before[n] != after[n]}
    for word in PER_FIELD:
        old, new = before[word], after[word]
        found = {
            name: [old[name]] if name in old else []
            for name in {**old, **new}
            if (name in old) != (name in new) or old.get(name) != new.get(name)
        }
        if found:
            changed[word] = found
    return changed
