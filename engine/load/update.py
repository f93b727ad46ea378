"""Bring records that exist up to the source, field by field."""

from typing import Any, NamedTuple

from odoo.fields import Command
from odoo.tools import mute_logger

from ..base import CONFLICTS
from ..edits import find_edits
from ..undo.change_book import ChangeBook, add_links, noting_row
from ..values import left_behind, portable, read_portable
from .conflicts import ConflictBook
from .merge import Merger
from .reasons import explain
from .threeway import ThreeWay


class _Change(NamedTuple):
    """What the comparison of one record found, before anything is written.

    ``fresh`` are the source's values, portable; ``added`` what the record's own row
    says of its lists; ``theirs`` the fields that are people's; ``waiting`` those to be
    decided.
    """

    target: Any
    edit: str
    fresh: dict
    added: dict
    three: ThreeWay
    found: Any
    verdicts: dict
    theirs: set
    waiting: list


class RecordUpdater:
    """Updates the records of one object that were loaded before.

    Each field is compared three ways: what we wrote, what the source says now, what
    stands in Odoo now. What a person changed stays; what both changed differently
    waits on the decision list.
    """

    def __init__(self, loader):
        self.loader = loader
        self.env = loader.env
        self.target = loader.target
        self.mapper = loader.mapper
        self._conflicts = ConflictBook(loader)
        self._changes, self._links = None, None
        self._alive = {}
        self._edits = {}

    def update(self, pairs):
        """Update ``[(mapped, crosswalk row)]``; each ends in a bucket."""
        links = self.env["migration.crosswalk"].union(*(link for _m, link in pairs))
        self._conflicts.prefetch(links)
        self._changes = ChangeBook(self.env)
        self._links = links
        self._changes.look(links)
        self._alive, self._edits = {}, {}
        for model, group in links.grouped("res_model").items():
            records = self.env[model].browse(group.mapped("res_id")).exists()
            # one after the other, but read from the database in one go
            self._alive[model] = {record.id: record for record in records}
            self._edits[model] = find_edits(self.env, model, group)
        for mapped, link in pairs:
            self._update(mapped, link)
        self._changes.flush()
        self._conflicts.flush()

    def _update(self, mapped, link):
        loader = self.loader
        target = self._alive[link.res_model].get(link.res_id)
        if target is None:
            loader.fail(
                mapped,
                "target_gone",
                self.env._("The Odoo record was deleted by hand; undo it there first."),
            )
            return
        part = self.target.part_for(link.res_model)
        if link.origin == "matched" and not part.keeps_values:
            self._renew(mapped, link, part)
            return
        edit = self._edits[link.res_model].get(target.id)
        if mapped.pop("same_as"):
            self._merge(mapped, link, target, edit)
            return
        change = self._compare(mapped, link, target, part, edit)
        mapped.inputs["target"] = (link.res_model, link.res_id)
        follows = part.follows(target, mapped, change.theirs)
        if change.found.write or change.found.moved or follows:
            self._apply(mapped, link, part, change, follows)
        else:
            self._conflicts.confirm()
            self._settle_unread(mapped, link, edit)
            self._settle(mapped, change, "")

    def _compare(self, mapped, link, target, part, edit):
        """Return what the source, Odoo and our base say of one record."""
        vals, fresh, added = self._fresh(mapped, link, target, part)
        base = link.base_values or {}
        left = base | (link.left_values or {})
        names = [name for name in {**left, **fresh} if name in target._fields]
        now = read_portable(target, names)[target.id]
        three = ThreeWay(
            target,
            base,
            {name: left[name] for name in left if name in now},
            now,
            fresh,
            vals,
            bool(edit),
        )
        found = three.compare(part.units)
        verdicts = self._conflicts.judge(link, found, (base, fresh, now))
        theirs = three.theirs | {n for ns in found.disputes.values() for n in ns}
        waiting = [main for main in found.disputes if main not in verdicts]
        theirs -= self._carry_out(found, verdicts, vals, three)
        return _Change(
            target, edit, fresh, added, three, found, verdicts, theirs, waiting
        )

    def _apply(self, mapped, link, part, change, follows):
        """Write what one record is to get, all of it or nothing."""
        target, found = change.target, change.found
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self._changes.look_at_lists(link, found.write)
                more = part.follow(target, mapped, change.theirs) if follows else []
                # a copy: write() of some models adds values of its own to it
                if found.write:
                    part.write(target, dict(found.write))
                    part.updated(target, mapped, found.write)
                add_links(self.env, self.loader.extra_links(mapped))
                self._remember(mapped, link, change)
        except CONFLICTS:
            raise
        except Exception as error:
            self.loader.fail(mapped, *explain(error))
        else:
            self._changes.note(link)
            self._conflicts.confirm()
            self._settle(mapped, change, ", ".join([*sorted(found.write), *more]))

    def _settle(self, mapped, change, written):
        """Put the record into its bucket and say what was written, what waits."""
        reasons = [self.env._("Updated: %s", written)] if written else []
        if change.waiting:
            reasons.append(self._waiting(change.target, change.waiting))
        bucket = "updated" if written else "unchanged"
        code = "conflict" if change.waiting else False
        self.loader.note(mapped, bucket, code, " ".join(reasons) or False)

    @staticmethod
    def _settle_unread(mapped, link, edit):
        """What could not be read may be right by now though no field changes."""
        if (link.unread_values or {}) != mapped.unread:
            vals = {"unread_values": mapped.unread, "edit_reason": edit or False}
            link.write(vals)

    def _renew(self, mapped, link, part):
        """Bring up to the source what the row has added to a record of another one."""
        mapped.inputs["target"] = (link.res_model, link.res_id)
        if link.content_hash == mapped.record.content_hash and not link.unread_values:
            self._settle_renewed(mapped, "")
            return
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                said = part.renew(mapped, link)
                model, res_id = mapped.pop("target")
                added = mapped.pop("added")
                with noting_row(link):
                    link.write(
                        {
                            "res_model": model,
                            "res_id": res_id,
                            "part_values": link.part_values if added is None else added,
                            "content_hash": mapped.record.content_hash,
                            "unread_values": mapped.unread,
                            "run_id": self.loader.run.id,
                        }
                    )
        except CONFLICTS:
            raise
        except Exception as error:
            self.loader.fail(mapped, *explain(error))
        else:
            self._settle_renewed(mapped, said)

    def _settle_renewed(self, mapped, said):
        reason = said or self.env._("Loaded before.")
        self.loader.note(mapped, "merged", "known", reason)

    def _merge(self, mapped, link, loser, edit):
        """The source has made two records one since they were loaded."""
        # it notes its changes itself, among them some of records of this batch
        self._changes.flush()
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                model, res_id = self.target.part_for(link.res_model).bind(mapped)
                winner = self.env[model].browse(res_id)
                if winner == loser:
                    self.loader.note(mapped, "unchanged", False, False)
                    return
                reason = Merger(self.loader).merge(mapped, link, loser, winner, edit)
        except CONFLICTS:
            raise
        except Exception as error:
            self.loader.fail(mapped, *explain(error))
        else:
            self._changes.look(self._links)
            self.loader.note(mapped, "merged", "merged", reason)

    def _waiting(self, target, names):
        labels = [
            target._fields[name].get_description(self.env, ["string"])["string"]
            for name in sorted(names)
        ]
        return self.env._("To be decided: %s.", ", ".join(labels))

    def _fresh(self, mapped, link, target, part):
        """Return values for write(), the same portable, and the record's own tags."""
        base = link.base_values or {}
        # what another row of the source added (a membership) is not its to empty
        gone = self.mapper.emptied(mapped, base, part.relation_fields)
        gone -= set(link.previous_values or {})
        vals = mapped.inputs["vals"] | dict.fromkeys(gone, False)
        fresh = {
            name: portable(target._fields[name], value)
            for name, value in vals.items()
            if name not in part.unread_fields
        }
        return vals, fresh, self._keep_added(target, link, vals, fresh)

    def _keep_added(self, target, link, vals, fresh):
        """Keep what other rows of the source added to a many2many (a group's tag).

        Changes ``vals`` and ``fresh``; returns what the record's own row says.
        """
        base, before = link.base_values or {}, link.previous_values or {}
        own = {}
        for name in set(fresh) & set(before):
            if target._fields[name].type == "many2many":
                own[name] = fresh[name]
                added = {*(base.get(name) or [])} - {*(before[name] or [])}
                fresh[name] = sorted({*fresh[name], *added})
                vals[name] = [Command.set(fresh[name])]
        return own

    def _carry_out(self, found, verdicts, vals, three):
        """Put decided disputes into what is written; return the fields of the source.

        Whatever was decided, the base becomes what the source says now: the same
        conflict does not come back, the next change of the source does.
        """
        taken = set()
        for main, (take, own) in verdicts.items():
            names = found.disputes[main]
            found.moved |= {*names} & three.changed
            if take == "source":
                found.write |= {name: vals.get(name, False) for name in names}
                taken |= {*names}
            elif take == "own":
                found.write[main] = own if own is not None else False
        return taken

    def _remember(self, mapped, link, change):
        """Write what is the base from now on, and what Odoo made of it."""
        target, found, fresh = change.target, change.found, change.fresh
        moved = ({*found.write} | found.moved) & {*fresh}
        base = {name: fresh[name] for name in moved}
        # people's part of a list, and their own value, must not pass for ours
        theirs = {
            main for main, (take, _own) in change.verdicts.items() if take == "own"
        }
        theirs |= {
            name
            for name in found.write
            if name in change.three.theirs and target._fields[name].type == "many2many"
        }
        ours = {n: base[n] for n in base if n in found.write and n not in theirs}
        left = left_behind(target, ours) or {}
        before = link.left_values or {}
        link.write(
            {
                "base_values": (link.base_values or {}) | base | ours,
                "previous_values": (link.previous_values or {}) | change.added,
                "left_values": {
                    name: value
                    for name, value in (before | left).items()
                    if name in left or name not in moved
                },
                "edit_reason": change.edit or False,
                "content_hash": mapped.record.content_hash,
                "unread_values": mapped.unread,
                "run_id": self.loader.run.id,
            }
        )
