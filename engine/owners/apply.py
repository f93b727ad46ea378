"""Give loaded records to the users that the owner board says now."""

from ...tools.converters import split_multi
from ..base import CONFLICTS, Engine
from ..edits import find_edits
from ..map.mapper import RecordMapper
from ..map.transforms import find_owner
from ..quiet import SideEffectWatch
from ..targets import TARGETS
from ..undo.change_book import noting
from ..values import left_behind, read_portable
from .board import match_again

BATCH = 500


class ApplyOwnersEngine(Engine):
    """Every record of ours that names an owner, in batches.

    The wanted owner is not stored a second time: the staged record names it and the
    board says which user that is. A record is changed if it still has the user whom
    the migration gave it; else a person has chosen, and it is left alone.
    """

    kind = "owners"
    rewrites = True
    _current = None

    def prepare(self):
        match_again(self.project)
        self.project.owner_ids._check_user_id()
        self.run.cursor = {"last": 0}
        self.run.stats = {"given": 0, "kept": 0}
        return self.env["migration.crosswalk"].search_count(self._domain(0))

    def _domain(self, last):
        return [
            ("project_id", "=", self.project.id),
            ("origin", "=", "created"),
            ("staged_record_id", "!=", False),
            ("source_object", "in", list(self._lines)),
            ("id", ">", last),
        ]

    @property
    def _lines(self):
        """Return ``{object: its lines that say who owns a record}``."""
        lines = self.project.mapping_line_ids.filtered(
            lambda line: line.transform == "owner"
            and line.fate in ("mapped", "transformed")
            and line.object_id.target
        )
        return {obj.name: group for obj, group in lines.grouped("object_id").items()}

    def advance(self):
        links = self.env["migration.crosswalk"].search(
            self._domain(self.run.cursor["last"]), order="id", limit=BATCH
        )
        if not links:
            return 0
        watch, self._rows = SideEffectWatch(self.env), []
        for (name, model), group in links.grouped(
            lambda link: (link.source_object, link.res_model)
        ).items():
            self._apply(self.project._object(name), model, group)
        self.log(self._rows)
        self.run.cursor = {"last": links[-1].id}
        self.count(**{f"made:{model}": n for model, n in watch.made().items()})
        self.env.invalidate_all()
        return len(links)

    def _target(self, obj):
        """The target of the object, made once per process and object."""
        if self._current is None or self._current.mapper.object != obj:
            self.close()
            cls = TARGETS[obj.target]
            self._current = cls(RecordMapper(obj, cls.model))
        return self._current

    def _apply(self, obj, model, links):
        target = self._target(obj).part_for(model)
        wanted = {}
        for link in links:
            payload = link.staged_record_id.payload or {}
            for line in self._lines[obj.name]:
                name = _user_field(self.env[model], line.target_field, link)
                raw = payload.get(line.source_field)
                user = self._wanted(target, raw, link) if name else None
                if user:
                    # of two lines for one field the last one counts, as on the map
                    wanted[link, name] = user
        wanted = {
            (link, name): user
            for (link, name), user in wanted.items()
            if _given(link, name) != user.id
        }
        ids = [link.res_id for link, _name in wanted]
        records = self.env[model].browse(ids).exists()
        found = read_portable(records, {name for _link, name in wanted})
        changed = {}
        for (link, name), user in wanted.items():
            now = found.get(link.res_id, {}).get(name)
            if link.res_id not in found or _first(now) == user.id:
                continue
            if now != (link.left_values or {}).get(name, link.base_values[name]):
                self._keep(link, now)
            else:
                changed[link, name] = user
        self._give_all(target, model, changed)

    def _wanted(self, target, raw, link):
        """Return the user that the board says, None where it leaves things open."""
        names = split_multi(raw)
        owner = find_owner(target.mapper, names[0]) if names else None
        if owner and owner.method == "fallback":
            return target.fallback_user(self.env[link.res_model].browse(link.res_id))
        return owner.user_id if owner else None

    def _give_all(self, target, model, changed):
        """Write a group in one go; if Odoo refuses, one by one with the reason."""
        if not changed:
            return
        links = self.env["migration.crosswalk"].union(*(link for link, _n in changed))
        edits = find_edits(self.env, model, links)
        try:
            with self.env.cr.savepoint():
                for (link, name), user in changed.items():
                    self._give(target, link, name, user, edits)
        except CONFLICTS:
            raise
        except Exception as error:
            if len(changed) > 1:
                for place, user in changed.items():
                    self._give_all(target, model, {place: user})
                return
            self._fail(links, error)
            return
        self.count(given=len(changed))
        for (link, _name), user in changed.items():
            message = self.env._("Given to %s, its owner at the source.", user.name)
            self._note(link, "update", message)

    def _give(self, target, link, name, user, edits):
        """Write one record, and its crosswalk row: it stays a record of ours."""
        record = self.env[link.res_model].browse(link.res_id)
        with noting(link, [name]):
            self._give_user(target, link, record, name, user, edits)

    def _give_user(self, target, link, record, name, user, edits):
        is_many = record._fields[name].type == "many2many"
        target.write(record, {name: [(6, 0, user.ids)] if is_many else user.id})
        base = {name: user.ids if is_many else user.id}
        left = dict(link.left_values or {})
        left.pop(name, None)
        link.write(
            {
                "base_values": (link.base_values or {}) | base,
                "left_values": (left | (left_behind(record, base) or {})) or False,
                "edit_reason": edits.get(record.id),
                "run_id": self.run.id,
            }
        )

    def _keep(self, link, now):
        names = self.env["res.users"].browse(_first(now)).sudo().name
        message = self.env._("Somebody gave it to %s: kept.", names or "-")
        self.count(kept=1)
        self._note(link, "keep", message)

    def _fail(self, link, error):
        self.count(failed=1)
        self._note(link, "error", str(error))
        self.find(
            "load",
            code="owner_refused",
            source_object=link.source_object,
            external_id=link.external_id,
            message=str(error),
        )

    def _note(self, link, operation, message):
        self._rows.append(
            {
                "operation": operation,
                "source_object": link.source_object,
                "external_id": link.external_id,
                "res_model": link.res_model,
                "res_id": link.res_id,
                "message": message,
            }
        )

    def close(self):
        if self._current is not None:
            self._current.close()
            self._current = None


def _user_field(model, name, link):
    """Return the field with the owner, "" if the record got none from us.

    A target may fill it from a virtual value: it is then its only field of users.
    """
    written = [
        key
        for key in link.base_values or {}
        if key in model._fields and model._fields[key].comodel_name == "res.users"
    ]
    if name in written:
        return name
    return written[0] if (name or "").startswith("_") and len(written) == 1 else ""


def _given(link, name):
    """Return the id of the user whom we gave the record."""
    return _first(link.base_values[name])


def _first(value):
    """Return one id of a many2one's or a many2many's stored value."""
    return (value[0] if value else None) if isinstance(value, list) else value
