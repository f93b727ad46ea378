"""The decision list: what source and Odoo both changed, and what people decided."""

from ..values import shown_to

#: Rows that still want something: a decision, or that it is carried out.
LIVE = ("open", "decided")


class ConflictBook:
    """Rows of the decision list for the records that one loader handles.

    Opens a row for each dispute, refreshes those that are open, says what was
    decided, and closes what has become moot. Read once a batch.
    """

    def __init__(self, loader):
        self.env = loader.env
        self.project = loader.project
        self.object = loader.object
        self.run = loader.run
        self.conflicts = self.env["migration.conflict"]
        self._rows = {}
        self._new, self._waiting = [], []
        rules = self.env["migration.conflict.rule"].search(
            [("object_id", "=", self.object.id)]
        )
        self._rules = {(rule.res_model, rule.field_name): rule.take for rule in rules}

    def prefetch(self, links):
        """Read the live rows of the batch."""
        self._rows = {link_id: {} for link_id in links.ids}
        self._new = []
        live = [("crosswalk_id", "in", links.ids), ("state", "in", LIVE)]
        for row in self.conflicts.search(live) if links else ():
            self._rows[row.crosswalk_id.id][row.field_name] = row

    def judge(self, link, comparison, versions):
        """Return ``{main field: (take, own value)}`` of the disputes that are decided.

        The others go on the list once the record is settled, see :meth:`confirm`.

        :param versions: ``(base, source, Odoo)``, dicts of portable values
        """
        rows = self._rows.get(link.id, {})
        verdicts, self._waiting = {}, []
        for main, names in comparison.disputes.items():
            base, source, odoo = (
                {name: version.get(name) for name in names} for version in versions
            )
            vals = {"base_values": base, "source_values": source, "odoo_values": odoo}
            row = rows.get(main)
            take = self._rules.get((link.res_model, main))
            if row and row.state == "decided" and not _is_stale(row, source, odoo):
                verdicts[main] = (row.take, row.own_value)
                self._waiting.append((link, main, row, {"state": "applied"}))
            elif take:
                verdicts[main] = (take, None)
                vals |= {"take": take, "is_by_rule": True, "state": "applied"}
                self._waiting.append((link, main, row, vals))
            else:
                vals |= {"state": "open", "take": False}
                self._waiting.append((link, main, row, vals))
        for main, row in rows.items():
            if main not in comparison.disputes:
                self._waiting.append((link, main, row, {"state": "settled"}))
        return verdicts

    def confirm(self):
        """Put what :meth:`judge` found on the list: the record is settled."""
        for link, main, row, vals in self._waiting:
            if vals["state"] == "applied":
                vals |= {"applied_run_id": self.run.id}
            self._put(link, main, row, vals)
        self._waiting = []

    def _put(self, link, main, row, vals):
        model = self.env[link.res_model]
        if row:
            row.write(vals)
            return
        record = link.staged_record_id
        self._new.append(
            vals
            | {
                "project_id": self.project.id,
                "company_id": self.project.company_id.id,
                "object_id": self.object.id,
                "crosswalk_id": link.id,
                "staged_record_id": record.id,
                "external_id": link.external_id,
                "record_name": record.name,
                "res_model": link.res_model,
                "res_id": link.res_id,
                "field_name": main,
                "field_label": _label(model, main),
                "run_id": self.run.id,
            }
        )

    def flush(self):
        """Write the new rows of the batch."""
        if self._new:
            self.conflicts.create(self._new)
        self._new = []


def _is_stale(row, source, odoo):
    """Return whether the values are no longer those that the person decided on."""
    if row.source_values != source:
        return True
    return row.take != "odoo" and row.odoo_values != odoo


def text_of(model, values):
    """Return the values of a dispute as a person reads them, in their time zone."""
    if len(values) == 1:
        [(name, value)] = values.items()
        return shown_to(model.env, model, name, value)
    return "\n".join(
        f"{_label(model, name)}: {shown_to(model.env, model, name, value)}"
        for name, value in values.items()
        if name in model._fields
    )


def _label(model, name):
    return model._fields[name].get_description(model.env, ["string"])["string"]


def live_count(project):
    """Return how many conflicts wait for a decision."""
    return project.env["migration.conflict"].search_count(
        [("project_id", "=", project.id), ("state", "=", "open")]
    )
