from odoo import fields

from ...exceptions import MappingError
from ...tools.converters import to_percent
from ...tools.fingerprint import fold
from ..keys import key_of
from .base import Target

#: Dates that Odoo sets to now when the owner, the stage or the outcome changes.
_HISTORY = ("date_open", "date_closed", "date_last_stage_update")


#: Words for a deal that is neither won nor lost.
OPEN_STATUSES = {"open", "active", "new", "pending", "in progress", "on hold"}


class LeadTarget(Target):
    """Deals become opportunities whose state Odoo's own constraints accept."""

    key = "lead"
    label = "Opportunity"
    model = "crm.lead"
    ordered_by = "x_source_created_on"
    relation_fields = {"_client": "partner_id", "_organization": "partner_id"}

    def __init__(self, mapper):
        super().__init__(mapper)
        self._facts = self._stage_facts()

    def _stage_facts(self):
        """Return ``{stage id: what the schema plan and Odoo say of it}``."""
        items = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "stage" and item.state == "done"
        )
        stages = self.env["crm.stage"].browse(items.mapped("res_id"))
        won = {}
        for item, stage in zip(items, stages, strict=True):
            if stage.is_won:
                won.setdefault(item.vals["team"], stage.id)
        return {
            stage.id: {
                "is_won": stage.is_won,
                "is_lost": item.vals["is_lost"],
                "probability": _percent(item.vals["probability"]),
                "won_stage_id": won.get(item.vals["team"]),
            }
            for item, stage in zip(items, stages, strict=True)
        }

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        self.require(vals, "name", self.env._("The deal has no name."), "Deal Name")
        self.require(vals, "stage_id", self.env._("The deal has no stage."), "Stage")
        vals["company_id"] = self.project.company_id.id
        vals.setdefault("user_id", self.project.fallback_user_id.id)
        vals["team_id"] = self._team(mapped)
        partner = mapped.pop("_client") or mapped.pop("_organization")
        vals["partner_id"] = partner[1] if partner else False
        self._amount(mapped, vals)
        self._outcome(mapped, vals)
        self._dates(vals)
        if "iap_enrich_done" in self.env[self.model]._fields:
            # no migrated address goes to a paid enrichment service
            vals["iap_enrich_done"] = True
        mapped.vals = vals
        return vals

    def _team(self, mapped):
        """The sales team of the deal's pipeline: never left to Odoo to search."""
        pipeline = mapped.pop("_pipeline") or ""
        team = self.mapper.schema_id("team", key_of(pipeline))
        if not team:
            raise MappingError(
                self.env._("Pipeline “%s” is not in the schema plan.", pipeline)
            )
        return team

    def _amount(self, mapped, vals):
        """Convert an amount in another currency at the rate of the deal's day."""
        code = (mapped.pop("_currency") or "").upper()
        company = self.project.company_id
        if (
            not code
            or code == company.currency_id.name
            or "expected_revenue" not in vals
        ):
            return
        currency = self.env["res.currency"].search([("name", "=", code)], limit=1)
        if not currency or not currency.rate_ids:
            raise MappingError(
                self.env._(
                    "The amount is in %(code)s, for which Odoo has no rate: add one "
                    "under Accounting or Settings, then retry.",
                    code=code,
                )
            )
        day = vals.get("date_deadline") or fields.Date.context_today(company)
        amount = vals["expected_revenue"]
        vals["expected_revenue"] = currency._convert(
            amount, company.currency_id, company, day
        )
        message = self.env._("Converted at the rate of %s", day)
        self._remark(message, "expected_revenue", "converted", f"{amount} {code}")

    def _outcome(self, mapped, vals):
        """Make won, lost and open agree with stage and probability.

        Odoo: won is a won stage with 100 %, lost is archived with 0 %. The status
        the source gives decides; without one the stage does.
        """
        facts = self._facts[vals["stage_id"]]
        status = self._status(mapped)
        lost = status == "lost" or (not status and facts["is_lost"])
        won = status == "won" or (not status and facts["is_won"])
        if lost and facts["is_won"]:
            raise MappingError(
                self.env._("The deal is lost, and its stage is a won stage.")
            )
        if won and not facts["is_won"]:
            if not facts["won_stage_id"]:
                raise MappingError(
                    self.env._("The deal is won, and its pipeline has no won stage.")
                )
            vals["stage_id"] = facts["won_stage_id"]
            self._remark(self.env._("Moved to the won stage of its pipeline"))
        if won or (facts["is_won"] and not lost):
            vals.update(probability=100.0, automated_probability=100.0, active=True)
        elif lost:
            vals.update(probability=0.0, automated_probability=0.0, active=False)
        else:
            vals["active"] = True
            vals.setdefault("probability", facts["probability"])
            # equal values would mean "automated", and a cron would overwrite it
            vals["automated_probability"] = 0.0

    def _status(self, mapped):
        """Return ``won``, ``lost``, ``open`` or nothing, whatever words say it."""
        text = fold(mapped.pop("_status") or "")
        for word in ("won", "lost"):
            if word in text.split():
                return word
        if text and text not in OPEN_STATUSES:
            message = self.env._("Not a known status: read as an open deal.")
            self._remark(message, "_status", "unreadable", text)
        return "open" if text else ""

    def _remark(self, message, target="stage_id", kind="adjusted", value=""):
        """Note something about the value of one of the deal's lines."""
        for line in self.mapper.lines:
            if line.target_field == target:
                self.mapper.note(line, value, kind, message)
                return

    def _dates(self, vals):
        """Give every stored date its value, so that Odoo does not put today."""
        created = vals.get("x_source_created_on")
        changed = vals.get("date_closed") or vals.get("x_source_updated_on") or created
        if created:
            vals["date_open"] = created
        if changed:
            vals["date_last_stage_update"] = changed
            if vals.get("probability") == 100.0:
                vals.setdefault("date_closed", changed)

    def write(self, record, vals):
        """A change at the source happened on the source's day, not today.

        Team and stage are given again: Odoo would choose others for a new owner.
        """
        before = {name: record[name] for name in _HISTORY}
        place = {"team_id": record.team_id.id, "stage_id": record.stage_id.id}
        # a new dict: Odoo puts its own dates into the one that it is given
        record.write(place | vals)
        history = {name: vals.get(name, before[name]) for name in _HISTORY}
        if record.won_status == "pending":
            history["date_closed"] = False
        record.write(
            {name: day for name, day in history.items() if day != record[name]}
        )

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
        if self.project.keep_create_date:
            for name in ("day_open", "day_close"):
                self.env.add_to_compute(records._fields[name], records)


def _percent(text):
    """Return the stage's probability, 0 when the source gives none that is readable."""
    try:
        return min(max(to_percent(text) or 0.0, 0.0), 100.0)
    except ValueError:
        return 0.0
