"""The plan of a rollback: one fate for everything that its scope touched."""

from odoo.fields import Domain
from odoo.tools import SQL

from ..base import CONFLICTS
from ..edits import explain_edits
from ..inserts import insert_rows
from .inbound import InboundReferences
from .restore import is_restorable, why_restored
from .revert import Reverter
from .scope import Closure, Scope

BATCH = 500
#: Positions of what comes first where only a part of a project is rolled back: rows
#: that are merely let go, then fields that go back.
FIRST = {"release": 2_000_000_001, "gone": 2_000_000_001, "reload": 2_000_000_001}
FIRST["revert"] = 2_000_000_000
#: What is looked at in a crosswalk row; its values are long.
READ = ["source_object", "external_id", "staged_record_id", "res_model", "res_id"]
READ += ["origin", "edit_reason"]
#: Fates of records that stay as they are.
KEEPS = ("keep_edited", "keep_referenced")


class _TryOnly(Exception):
    """Ends the trial of what the plan is going to do."""


def of_records(links):
    """Return the rows of a source's records, also of those that were merged away."""
    rows = links.env.execute_query(
        SQL(
            "SELECT id FROM migration_crosswalk WHERE id = ANY(%s)"
            " AND (staged_record_id IS NOT NULL"
            " OR base_values::text NOT IN ('{}', 'null'))",
            links.ids,
        )
    )
    return links.browse([row[0] for row in rows])


class UndoPlanner:
    """Decides the fate of everything that the crosswalk names within a scope.

    What is not within the scope stays, and counts as staying when it refers to what
    is: there is no line for it.
    """

    def __init__(self, project, scope=None):
        self.project = project
        self.env = project.env
        self.scope = scope or Scope(project)
        self.lines = self.env["migration.rollback.line"]
        self._own = [("project_id", "=", project.id)]

    def plan(self):
        """Replace the plan; nothing else is written. Return ``{fate: number}``."""
        # compiling the questions takes longer than answering them
        self.env.cr.execute("SET LOCAL jit = off")
        self.lines.search(self._own).unlink()
        self.project.rollback_scope = self.scope.spec
        self._plan_seeds()
        if not self.scope.is_whole:
            if self.scope.kind != "run":
                self._close()
            self._plan_changes()
            self._close()
        self._note_transactions()
        self._release_doubles()
        if self.lines.search_count([*self._own, ("fate", "=", "revert")], limit=1):
            self._keep_after_reverts()
        else:
            self._keep()
        if not self.scope.is_whole:
            self._put_in_order()
        return dict(self.lines._read_group(self._own, ["fate"], ["__count"]))

    def _plan_seeds(self):
        last, links = 0, self.env["migration.crosswalk"]
        seeds = Domain(self.scope.seeds())
        while batch := links.search_fetch(
            seeds & Domain("id", ">", last), READ, order="id", limit=BATCH * 4
        ):
            self._plan_batch(batch)
            last = batch[-1].id

    def _close(self):
        """Add what goes along, until nothing is missing."""
        closure = Closure(self.scope)
        while found := closure.find():
            ids = sorted(found)
            for start in range(0, len(ids), BATCH * 4):
                batch = self.env["migration.crosswalk"].browse(
                    ids[start : start + BATCH * 4]
                )
                self._plan_batch(batch, found)

    def _note_transactions(self):
        """Copy the exact time of each crosswalk row: it tells our transactions."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE migration_rollback_line AS line SET made_on = link.create_date"
                " FROM migration_crosswalk link WHERE link.id = line.crosswalk_id"
                " AND line.project_id = %s AND line.made_on IS NULL",
                self.project.id,
            )
        )
        self.lines.invalidate_model(["made_on"])

    def _plan_batch(self, links, hosts=None):
        links.staged_record_id.fetch(["name"])
        days = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, create_date FROM migration_crosswalk"
                    " WHERE id = ANY(%s)",
                    links.ids,
                )
            )
        )
        rows = []
        for model, group in links.grouped("res_model").items():
            alive, edited = set(), {}
            if model in self.env:
                found = self.env[model].browse(group.mapped("res_id")).exists()
                alive = set(found.ids)
                edited = explain_edits(self.env, model, of_records(group))
            for link in group:
                fate, reason = self._fate(link, alive, edited)
                row = self._row(link, fate, reason) | {"made_on": days[link.id]}
                row["host_id"] = (hosts or {}).get(link.id, False)
                rows.append(row | {"state": "planned"})
        insert_rows(self.lines, rows)
        self.lines.invalidate_model()

    def _row(self, link, fate, reason):
        return {
            "project_id": self.project.id,
            "company_id": self.project.company_id.id,
            "crosswalk_id": link.id,
            "position": link.id,
            "source_object": link.source_object,
            "external_id": link.external_id,
            "res_model": link.res_model,
            "res_id": link.res_id,
            "record_name": link.staged_record_id.name or link.external_id,
            "fate": fate,
            "reason": reason,
        }

    def _fate(self, link, alive, edited):
        if link.res_id not in alive:
            return "gone", self.env._("Deleted by hand.")
        if is_restorable(link):
            return "restore", why_restored(link)
        if link.origin == "matched":
            return "release", self.env._("Existed before, or goes with its own line.")
        if link.res_id in edited:
            return "keep_edited", edited[link.res_id]
        return "delete", False

    # -- what a run wrote into records that were there ---------------------------------

    def _plan_changes(self):
        """Plan that fields go back in records which are not of the scope."""
        changes = self.env["migration.change"].search(self.scope.changes(), order="id")
        self._plan_reloads(changes.filtered(lambda change: not change.crosswalk_id))
        links = changes.crosswalk_id - self.lines.search(self._own).crosswalk_id
        lines = self.lines.create([self._row(one, "revert", False) for one in links])
        by_link = changes.grouped("crosswalk_id")
        for line in lines:
            by_link[line.crosswalk_id].rollback_line_id = line
        outcomes = Reverter(self.project).outcomes(lines)
        for line in lines:
            outcome = outcomes.get(line)
            if outcome is None:
                text = self.env._("Deleted by hand.")
                line.write({"fate": "gone", "reason": text})
                continue
            fate = "keep_edited" if outcome.is_empty else "revert"
            reason = Reverter(self.project).reason(line, outcome)
            line.write({"fate": fate, "reason": reason})
        written = changes.filtered(lambda one: one.values_before or one.stamp_left)
        self._release_older(lines & written.rollback_line_id, lines)
        self._keep_histories(lines)

    def _plan_reloads(self, changes):
        """Records that the run deleted come back when they are loaded again."""
        for change in changes:
            staged = change.staged_record_id
            line = self.lines.create(
                {
                    "project_id": self.project.id,
                    "company_id": self.project.company_id.id,
                    "source_object": (change.link_before or {}).get("source_object"),
                    "external_id": staged.external_id,
                    "record_name": staged.name or staged.external_id,
                    "fate": "reload",
                    "reason": self.env._(
                        "The run deleted it: the next full run makes it again."
                    ),
                }
            )
            change.rollback_line_id = line

    def _release_older(self, lines, reverts):
        """A record that was there before (a converted lead) is not to be deleted."""
        for model, group in lines.grouped("res_model").items():
            others = self.lines.search(
                [
                    *self._planned(model),
                    ("res_id", "in", group.mapped("res_id")),
                    ("id", "not in", reverts.ids),
                ]
            )
            text = self.env._("The record was there before and stays.")
            others.write({"fate": "release", "reason": text})

    def _keep_histories(self, lines):
        """A stage history that the run wrote anew is all that is left of it."""
        anew = lines.filtered(
            lambda line: any(line.change_ids.mapped("has_new_history"))
        )
        messages = self.env["mail.message"].search(
            [("model", "=", "crm.lead"), ("res_id", "in", anew.mapped("res_id"))]
        )
        text = self.env._("The former stage history is not kept: this one stays.")
        self.lines.search(
            [
                *self._planned("mail.message"),
                ("res_id", "in", messages.ids),
                ("source_object", "=like", "history:%"),
            ]
        ).write({"fate": "keep_referenced", "reason": text})

    # -- what stays ----------------------------------------------------------------

    def _release_doubles(self):
        """A row bound to a record of ours shares the fate of that record's own row."""
        for model in ("crm.stage", "res.partner", "crm.lead"):
            kept = self.lines.search(
                [*self._planned(model), ("fate", "=", "keep_edited")]
            )
            doubles = self.lines.search(
                [
                    *self._planned(model),
                    ("fate", "=", "release"),
                    ("res_id", "in", kept.mapped("res_id")),
                ]
            )
            doubles.write({"fate": "keep_edited"})

    def _planned(self, model):
        return [*self._own, ("res_model", "=", model)]

    def _keep(self):
        """Keep what is referred to, and what goes along with it, to the end."""
        while self._keep_referenced() or self._keep_along():
            pass

    def _keep_after_reverts(self):
        """See who refers to what once the fields have gone back, by trying it."""
        before = self._verdicts()
        try:
            with self.env.cr.savepoint():
                self._revert_all()
                self._keep()
                after = self._verdicts()
                raise _TryOnly
        except _TryOnly:
            self.env.invalidate_all()
        for line_id, verdict in after.items():
            if verdict != before[line_id]:
                fate, reason = verdict
                self.lines.browse(line_id).write({"fate": fate, "reason": reason})

    def _verdicts(self):
        return {
            line.id: (line.fate, line.reason) for line in self.lines.search(self._own)
        }

    def _revert_all(self):
        # their names are taken up again by rows that go back
        freed = self.lines.search([*self._own, ("fate", "=", "release")])
        freed.crosswalk_id.unlink()
        lines = self.lines.search([*self._own, ("fate", "=", "revert")])
        reverter = Reverter(self.project)
        for line, outcome in reverter.one_by_one(lines):
            if outcome is None:
                continue
            try:
                with self.env.cr.savepoint():
                    reverter.revert(line, outcome)
            except CONFLICTS:
                raise
            except Exception as error:
                # told now, and once more when it is carried out
                line.reason = str(error)[:500]

    def _keep_referenced(self):
        """Keep what others refer to; return whether anything was found."""
        inbound = InboundReferences(self.project)
        found_any = False
        for model, ids in self.lines._read_group(
            [*self._own, ("fate", "=", "delete")],
            ["res_model"],
            ["res_id:array_agg"],
        ):
            for start in range(0, len(ids), 10 * BATCH):
                found = inbound.find(model, ids[start : start + 10 * BATCH])
                keep_lines(self.lines, self._planned(model), found)
                found_any = found_any or bool(found)
        return found_any

    def _keep_along(self):
        """What goes along with a record stays with it; return whether any does."""
        along = self.lines.search(
            [
                *self._own,
                ("host_id.fate", "in", KEEPS),
                ("fate", "in", ("delete", "release", "restore")),
            ]
        )
        for host, group in along.grouped("host_id").items():
            text = self.env._("It goes along with “%s”, which stays.", host.record_name)
            group.write({"fate": "keep_referenced", "reason": text})
        return bool(along)

    def _put_in_order(self):
        """What is let go comes first, then what goes back; who refers before whom."""
        for fate, position in FIRST.items():
            rows = self.lines.search([*self._own, ("fate", "=", fate)])
            rows.write({"position": position})
        self.env.flush_all()
        while True:
            self.env.cr.execute(
                SQL(
                    "UPDATE migration_rollback_line AS line"
                    " SET position = host.position + 1"
                    " FROM migration_rollback_line host WHERE host.id = line.host_id"
                    " AND line.project_id = %s AND line.position <= host.position"
                    " AND line.position < %s AND host.position < %s",
                    self.project.id,
                    FIRST["revert"],
                    FIRST["revert"],
                )
            )
            if not self.env.cr.rowcount:
                break
        self.lines.invalidate_model(["position"])


def keep_lines(lines, domain, found, fate="keep_referenced"):
    """Turn planned deletions into keeps; ``found`` is ``{res_id: reason}``."""
    for line in lines.search([*domain, ("res_id", "in", list(found))]) if found else ():
        line.write({"fate": fate, "reason": found[line.res_id]})
