"""Stage raw records: pages of a source, each with its cursor, in one transaction."""

from datetime import datetime, timezone

from ...connectors.base import Page, Problem, SourceTable
from ...exceptions import SourceError, SourcePaused, SourceRefused, SourceSilent
from ...presets import base_name
from ..base import Engine, severity
from ..follow.pickup import is_idle
from .derive import Derivation
from .silence import Silence
from .staging_area import StagingArea

#: problems by which one row of a table is not staged
_REFUSED = {"unclosed_quote", "not_a_record", "corrupt_item"}
#: problems by which a table is not read to its end, or not at all
_NOT_WHOLE = {
    "bad_json",
    "bomb",
    "broken_archive",
    "broken_file",
    "cell_too_large",
    "empty_file",
    "encrypted",
    "missing_header",
    "row_count",
}
#: A change before the year of the first clocks is a placeholder for none.
_EARLIEST_YEAR = 1970


class StageEngine(Engine):
    """Pull the project's source page by page into staged records.

    ``run.cursor`` holds, per table, where the next page begins. It is written in the
    transaction that stages a page: a killed pull repeats at most one page a table.
    An incremental run asks for what changed since the last complete pull.
    """

    kind = "stage"

    def __init__(self, run):
        super().__init__(run)
        self._connector = None
        self._stream = None
        self._derivation = None
        self._area = StagingArea(self)
        self._silence = Silence(self)

    def prepare(self):
        connector = self._open()
        objects = self.project.object_ids
        # what a complete pull could not read, a pull of changes does not list again
        kept = objects[:0]
        if self.run.is_incremental:
            marked = set(objects.filtered("watermark").mapped("name"))
            kept = objects.filtered(lambda obj: base_name(obj.name) in marked)
        if not self.run.is_pickup:
            # what the map was made from has not changed
            self.clear("migration.finding", ("phase", "=", "profile"))
            self.clear("migration.reconciliation.line")
        stage = ("phase", "=", "stage")
        self.clear(
            "migration.finding", stage, ("source_object", "not in", kept.mapped("name"))
        )
        self.findings("stage", [self._problem(p) for p in connector.problems])
        # all of them: a table that was broken may not be in this upload at all
        objects.write({"problem": False})
        (objects - kept).write({"refused_count": 0})
        for table in self._tables:
            self._area.object(table)
            self._guessed(table)
        for problem in connector.problems:
            if problem.object and problem.severity == "error":
                # an object that cannot be read is in the books all the same
                table = SourceTable(problem.object, problem.file, ())
                self._area.object(table).problem = problem.message
        self.run.cursor = {"tables": {}}
        declared = connector.declared_rows()
        return sum(
            declared.get(table.file, 0) + self._expected(table)
            for table in self._tables
        )

    def _expected(self, table):
        """Return how many records the last test of a live source counted."""
        if self.run.is_incremental or not self._open().is_live:
            return 0
        endpoints = self.project._connection().endpoint_ids
        counted = endpoints.filtered(lambda found: found.name == table.object)
        return max(counted[:1].source_count, 0)

    def _open(self):
        if self._connector is None:
            self._connector = self.project._connector()
            self._tables = [t for t in self._connector.tables() if t.object]
            self._area.connector = self._connector
        return self._connector

    def close(self):
        """Give back connections, threads and files."""
        if self._stream is not None:
            self._stream.close()
        if self._connector is not None:
            self._connector.close()

    def _guessed(self, table):
        """Say so where the encoding of a file had to be guessed."""
        encoding = table.dialect.get("encoding") or "utf-8"
        if not encoding.startswith("utf"):
            self.find(
                "stage",
                code="encoding",
                severity="3_info",
                source_object=table.object,
                file=table.file,
                value=encoding,
                message=self.env._(
                    "Not UTF-8: read as %s. Look at names with accents on the map.",
                    encoding,
                ),
            )

    # -- pulling -------------------------------------------------------------------

    def advance(self):
        silent = []
        for table, page in self._pages():
            if isinstance(page, (SourcePaused, SourceRefused)):
                raise page
            if isinstance(page, SourceSilent):
                silent.append(table)
                continue
            if isinstance(page, SourceError):
                self.lost(table, page)
            elif isinstance(page, Exception):
                raise page
            elif handled := self._take(table, page):
                return handled
        if silent:
            self._silence.wait_for(silent)
        return 0

    def _pages(self):
        """Return the one stream of this process over all tables not yet done."""
        if self._stream is None:
            connector = self._open()
            jobs = [
                (table, self.mark(table).get("at"), self._since(table))
                for table in self._tables
                if not self.mark(table).get("done")
            ]
            self._stream = connector.stream(jobs, self._silence.until)
        return self._stream

    def mark(self, table):
        """Return what is remembered of the pull of a table."""
        return (self.run.cursor or {}).get("tables", {}).get(_key(table), {})

    def _since(self, table):
        """Return the watermark of the last complete pull, for an incremental run."""
        mark = self.project._object(table.object).watermark
        if not self.run.is_incremental or not mark:
            return None
        return mark.replace(tzinfo=timezone.utc)

    def _take(self, table, page: Page):
        """Stage one page, remember where the next begins, return what was handled."""
        problems = [item for item in page.items if isinstance(item, Problem)]
        raws = [item for item in page.items if not isinstance(item, Problem)]
        raws = self._area.by_kind([*raws, *self._derived(raws)])
        problems = self._new_problems(problems)
        self.findings("stage", [self._problem(problem) for problem in problems])
        self._note_losses(table, problems)
        self._area.stage(table, raws)
        mark = dict(self.mark(table))
        if any(problem.code == "after_end" for problem in problems):
            mark["is_cut"] = True
        if page.total and "total" not in mark:
            self.run.total += page.total - self._expected(table)
        mark["total"] = page.total or mark.get("total")
        mark["count"] = mark.get("count", 0) + len(page.items)
        children = {raw.object for raw in raws} - {table.object}
        if children:
            mark["children"] = sorted(children.union(mark.get("children", ())))
        if page.newest:
            newest = page.newest.astimezone(timezone.utc).isoformat()
            mark["newest"] = max(mark.get("newest") or "", newest)
        mark.pop("silences", None)
        mark.update(at=page.cursor, done=page.cursor is None)
        self.remember(table, mark)
        if mark["done"]:
            self._end_of(table, mark)
        return len(page.items)

    def _derived(self, raws):
        if self._derivation is None:
            names = {table.object for table in self._tables}
            self._derivation = Derivation(self.project, names)
        return self._derivation.of(raws)

    def remember(self, table, mark):
        """Keep the mark of a table for the next batch, or for the next worker."""
        cursor = dict(self.run.cursor or {})
        cursor["tables"] = {**cursor.get("tables", {}), _key(table): mark}
        self.run.cursor = cursor

    def _end_of(self, table, mark):
        """Move the watermark: only a table read to its end says what is the newest.

        Not past the beginning of the pull: a record that changed after its page was
        read is older than the newest of the pages that came later.
        """
        if mark.get("newest"):
            newest = datetime.fromisoformat(mark["newest"])
            newest = newest.replace(tzinfo=None, microsecond=0)
            newest = min(newest, self.run.date_started or newest)
            obj = self.project._object(table.object)
            if newest.year >= _EARLIEST_YEAR:
                obj.watermark = max(obj.watermark or newest, newest)
        total, count = mark.get("total"), mark["count"]
        is_all = not self.run.is_incremental and not mark.get("is_cut")
        if total and total > count and is_all:
            self.find(
                "stage",
                code="fewer_than_told",
                severity="2_warning",
                source_object=table.object,
                file=table.file,
                message=self.env._(
                    "The source speaks of %(total)s records, %(count)s came.",
                    total=total,
                    count=count,
                ),
            )

    def lost(self, table, error):
        """Give up a table that cannot be read (on): say why, go on with the others."""
        is_absent = type(error).__name__ == "SourceUnavailable"
        obj = self._area.object(table)
        obj.problem = str(error)
        if not is_absent or obj.loaded_count:
            cursor = dict(self.run.cursor or {})
            cursor["broken"] = [*cursor.get("broken", ()), table.object]
            self.run.cursor = cursor
        self.find(
            "stage",
            code="unavailable" if is_absent else "broken_source",
            severity="2_warning" if is_absent else "1_error",
            source_object=table.object,
            file=table.file,
            message=str(error),
        )
        self.remember(table, self.mark(table) | {"done": True})

    def _new_problems(self, problems):
        """Leave out items that a pull of changes cannot read once more."""
        broken = [p.value for p in problems if p.code == "corrupt_item" and p.value]
        if not self.run.is_incremental or not broken:
            return problems
        known = self.env["migration.finding"].search(
            [
                ("project_id", "=", self.project.id),
                ("code", "=", "corrupt_item"),
                ("value", "in", broken),
            ]
        )
        told = {(finding.source_object, finding.value) for finding in known}
        return [p for p in problems if (p.object, p.value) not in told]

    def _note_losses(self, table, problems):
        """What is not staged must be missed in the books."""
        if not problems:
            return
        obj = self.project._object(table.object)
        refused = [p for p in problems if p.code in _REFUSED]
        if refused:
            obj.refused_count += len(refused)
        for problem in problems:
            if problem.code in _NOT_WHOLE:
                obj.problem = problem.message

    def _problem(self, problem):
        return {
            "severity": severity(problem.severity),
            "code": problem.code,
            "source_object": problem.object,
            "file": problem.file,
            "line": problem.line,
            "field": problem.field,
            "value": problem.value[:200],
            "message": problem.message,
        }

    # -- the end -------------------------------------------------------------------

    def finish(self):
        """Note what the newest pull no longer holds."""
        if not self.run.is_incremental:
            self._note_gone()
        if self.run.is_pickup:
            if not self.run.is_cutover and is_idle(self.project, self.run.stats or {}):
                left = self.project.run_ids.filtered(lambda run: run.state == "queued")
                left.filtered("is_pickup").unlink()
        elif self.project.state == "draft" or not self.run.is_incremental:
            # a pull of changes does not set the project back
            self.project.state = "staged"

    def _kinds(self, names):
        """Return the objects that records of ``names`` are staged in by kind.

        A kind of which no record was seen has lost its last one.
        """
        return {
            obj.name
            for obj in self.project.object_ids
            if ":" in obj.name and base_name(obj.name) in names
        }

    def _note_gone(self):
        self._open()
        names = {table.object for table in self._tables} | self._area.seen_objects()
        # from a table that was not read to its end nothing can be said to be gone
        whole = self.project.object_ids.filtered(
            lambda obj: not obj.problem and not obj.refused_count
        )
        names |= self._kinds(names)
        names &= set(whole.mapped("name"))
        names -= self._kinds({table.object for table in self._tables} - names)
        for table in self._tables:
            if table.object not in names:
                # nor of the children that stand on its pages
                names -= set(self.mark(table).get("children", ()))
        gone = self.env["migration.staged.record"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("object_id.name", "in", list(names)),
                ("seen_run_id", "!=", self.run.id),
            ],
            ["object_id", "external_id", "is_missing"],
        )
        loaded = gone._target_records()
        kept = gone.filtered(lambda record: record.id in loaded)
        newly = kept.filtered(lambda record: not record.is_missing)
        newly.write({"is_missing": True})
        withdrawn = gone - kept
        if newly or withdrawn:
            self.count(deleted=len(newly) + len(withdrawn))
        self.log(
            [
                {
                    "operation": "skip",
                    "source_object": record.object_id.name,
                    "external_id": record.external_id,
                    "message": self.env._("No longer in the source, never loaded."),
                }
                for record in withdrawn
            ]
        )
        withdrawn.unlink()


def _key(table):
    return f"{table.object}|{table.file}"
