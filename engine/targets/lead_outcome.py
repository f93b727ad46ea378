"""Won, lost and open: a state that Odoo's own constraints accept."""

from ...exceptions import MappingError
from ...tools.converters import to_percent
from ...tools.fingerprint import fold

#: Words for a deal or lead that is neither won nor lost.
OPEN_STATUSES = {
    *("open", "active", "new", "pending", "in progress", "on hold"),
    *("working", "contacted", "qualified", "converted"),
}
#: Words for one that came to nothing, beside "lost" itself.
LOST_STATUSES = {"unqualified", "disqualified"}
#: What is known of a lead, which stands in no pipeline.
_NO_STAGE = {"is_won": False, "is_lost": False, "probability": 0, "won_stage_id": None}


class LeadOutcome:
    """Makes status, stage, probability, lost reason and closing date agree.

    Odoo: won is a won stage with 100 %, lost is archived with 0 %. The status the
    source gives decides; without one the stage does. What contradicts it gives way,
    and is reported.
    """

    def __init__(self, target):
        self.target = target
        self.env = target.env
        self.stages = _stage_facts(target.project)

    def settle(self, mapped, vals):
        """Complete ``vals`` of one deal or lead; a MappingError fails it."""
        facts = self.stages.get(vals["stage_id"], _NO_STAGE)
        status = self._status(mapped)
        lost = status == "lost" or (not status and facts["is_lost"])
        won = status == "won" or (not status and facts["is_won"])
        if lost and facts["is_won"]:
            raise MappingError(
                self.env._("The deal is lost, and its stage is a won stage.")
            )
        if won and not facts["is_won"]:
            self._move_to_won(mapped, vals, facts)
        if status == "open" and facts["is_won"]:
            message = self.env._(
                "Open, and in a won stage: it is won, as Odoo reads such a stage."
            )
            self._contradiction(mapped, "_status", message)
        if won or (facts["is_won"] and not lost):
            self._certain(mapped, vals, 100.0)
            vals["active"] = True
        elif lost:
            self._certain(mapped, vals, 0.0)
            vals["active"] = False
        else:
            self._open(mapped, vals, facts)
        if not lost and vals.pop("lost_reason_id", None):
            message = self.env._("Left empty: the deal is not lost.")
            self._contradiction(mapped, "lost_reason_id", message)

    def is_open(self, vals):
        """Return whether Odoo reads these values as neither won nor lost."""
        facts = self.stages.get(vals["stage_id"], _NO_STAGE)
        is_lost = not vals["active"] and not vals["probability"]
        return not is_lost and not (facts["is_won"] and vals["probability"] == 100.0)

    def _move_to_won(self, mapped, vals, facts):
        if not facts["won_stage_id"]:
            raise MappingError(
                self.env._("The deal is won, and its pipeline has no won stage.")
            )
        vals["stage_id"] = facts["won_stage_id"]
        message = self.env._("Won: moved to the won stage of its pipeline.")
        self._contradiction(mapped, "stage_id", message)

    def _certain(self, mapped, vals, probability):
        given = vals.get("probability")
        if given is not None and given != probability:
            if probability:
                message = self.env._("100 %: Odoo has no won deal with less.")
                self._contradiction(mapped, "probability", message, given)
            else:
                # many a source keeps the last guess of a deal that was lost
                message = self.env._("0 %: the deal is lost.")
                self.target.remark(mapped, "probability", message)
        vals.update(probability=probability, automated_probability=probability)

    def _open(self, mapped, vals, facts):
        vals["active"] = not mapped.pop("_archived")
        vals.setdefault("probability", facts["probability"])
        # equal values would mean "automated", and a cron would overwrite it
        vals["automated_probability"] = 0.0 if vals["probability"] else 1.0
        if self.is_open(vals) is False:
            message = self.env._("Archived with 0 %: Odoo counts it as lost.")
            self._contradiction(mapped, "_archived", message)
        elif vals.pop("date_closed", None):
            message = self.env._("Left empty: the deal is neither won nor lost.")
            self._contradiction(mapped, "date_closed", message)

    def _contradiction(self, mapped, name, message, value=None):
        if value is None:
            source = self.target.source_of(name)
            value = self.target.mapper.payload(mapped.record).get(source)
        self.target.remark(mapped, name, message, "contradiction", value)

    def _status(self, mapped):
        """Return ``won``, ``lost``, ``open`` or nothing, whatever words say it."""
        text = fold(mapped.pop("_status") or "")
        for word in ("won", "lost"):
            if word in text.split():
                return word
        if text in LOST_STATUSES:
            return "lost"
        if text and text not in OPEN_STATUSES:
            message = self.env._("Not a known status: read as an open deal.")
            self.target.remark(mapped, "_status", message, "unreadable", text)
        return "open" if text else ""


def _stage_facts(project):
    """Return ``{stage id: what the schema plan and Odoo say of it}``."""
    items = project.schema_item_ids.filtered(
        lambda item: item.kind == "stage" and item.state == "done"
    )
    stages = project.env["crm.stage"].browse(items.mapped("res_id"))
    won = {}
    for item, stage in zip(items, stages, strict=True):
        if stage.is_won:
            won.setdefault(item.vals["team"], stage.id)
    return {
        stage.id: {
            "name": stage.display_name,
            "is_won": stage.is_won,
            "is_lost": item.vals["is_lost"],
            "probability": _percent(item.vals["probability"]),
            "won_stage_id": won.get(item.vals["team"]),
        }
        for item, stage in zip(items, stages, strict=True)
    }


def _percent(text):
    """Return the stage's probability, 0 when the source gives none that is readable."""
    try:
        return min(max(to_percent(text) or 0.0, 0.0), 100.0)
    except ValueError:
        return 0.0
