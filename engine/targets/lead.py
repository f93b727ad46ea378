from odoo import fields

from ...exceptions import MappingError
from ...tools.converters import to_percent
from ...tools.dates import parse_datetime
from ...tools.fingerprint import fold
from ..pipelines import Pipelines
from .base import Target

#: Dates that Odoo sets to now when the owner, the stage or the outcome changes.
_HISTORY = ("date_open", "date_closed", "date_last_stage_update")


#: Words for a deal or lead that is neither won nor lost.
OPEN_STATUSES = {
    *("open", "active", "new", "pending", "in progress", "on hold"),
    *("working", "contacted", "qualified", "converted"),
}
#: Words for one that came to nothing, beside "lost" itself.
LOST_STATUSES = {"unqualified", "disqualified"}
#: What is known of a lead, which stands in no pipeline.
_NO_STAGE = {"is_won": False, "is_lost": False, "probability": 0, "won_stage_id": None}


class LeadTarget(Target):
    """Deals become opportunities whose state Odoo's own constraints accept.

    Leads of the source are leads of Odoo, outside of any pipeline; one that became a
    deal there is that deal's opportunity here.
    """

    key = "lead"
    label = "Opportunity"
    model = "crm.lead"
    ordered_by = ("x_source_created_on",)
    relation_fields = {"_client": "partner_id", "_organization": "partner_id"}

    def __init__(self, mapper):
        super().__init__(mapper)
        self._facts = self._stage_facts()
        self._pipelines = Pipelines(self.project)
        self._currencies = {}

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
        if mapped.pop("_converted"):
            mapped.inputs["same_as"] = mapped.pop("_converted")
            mapped.inputs["reason"] = self.env._("Is a deal of the source by now.")
            return {}
        vals = self.constants | mapped.vals
        if self.constants.get("type") == "lead":
            self._person(mapped, vals)
            # given, so that Odoo does not look for a team and a stage
            vals.update(team_id=False, stage_id=False)
        else:
            self._pipeline(mapped, vals)
        message = self.env._("The deal has no name.")
        self.require(vals, "name", message, self.source_of("name"))
        vals["company_id"] = self.project.company_id.id
        vals.setdefault("user_id", self.project.fallback_user_id.id)
        partner = mapped.pop("_client") or mapped.pop("_organization")
        vals["partner_id"] = partner[1] if partner else False
        self._amount(mapped, vals)
        self._outcome(mapped, vals)
        self._dates(mapped, vals)
        if "iap_enrich_done" in self.env[self.model]._fields:
            # no migrated address goes to a paid enrichment service
            vals["iap_enrich_done"] = True
        mapped.vals = vals
        return vals

    def bind(self, mapped):
        return mapped.pop("same_as")

    def _person(self, mapped, vals):
        """Whom a lead is about, in the lead's own fields."""
        names = (mapped.pop("_first_name"), mapped.pop("_last_name"))
        person = " ".join(filter(None, names))
        if person:
            vals["contact_name"] = person
        for name in ("contact_name", "partner_name", "email_from", "phone"):
            if vals.get(name):
                vals.setdefault("name", vals[name])

    def _pipeline(self, mapped, vals):
        """Stage and sales team of the deal: never left to Odoo to search."""
        field = self.source_of("stage_id")
        pipelines = [mapped.pop("_pipeline"), mapped.pop("_pipeline_name")]
        stages = [
            self.mapper.payload(mapped.record).get(field),
            mapped.pop("_stage_name"),
        ]
        key = self._pipelines.stage(pipelines, stages)
        if any(stages):
            vals.setdefault("stage_id", self.mapper.schema_id("stage", key))
        message = self.env._("The deal has no stage.")
        self.require(vals, "stage_id", message, field or self.source_of("_stage_name"))
        key = self._pipelines.team_of(key, *pipelines)
        team = self.mapper.schema_id("team", key)
        if not team:
            name = next(filter(None, reversed(pipelines)), "")
            raise MappingError(
                self.env._("Pipeline “%s” is not in the schema plan.", name)
            )
        vals["team_id"] = team

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
        currency = self._currency(code)
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
        self.remark(
            mapped, "expected_revenue", message, "converted", f"{amount} {code}"
        )

    def _currency(self, code):
        """Return the currency of a code, looked up once (empty: Odoo has none)."""
        if code not in self._currencies:
            currencies = self.env["res.currency"]
            self._currencies[code] = currencies.search([("name", "=", code)], limit=1)
        return self._currencies[code]

    def _outcome(self, mapped, vals):
        """Make won, lost and open agree with stage and probability.

        Odoo: won is a won stage with 100 %, lost is archived with 0 %. The status
        the source gives decides; without one the stage does.
        """
        facts = self._facts.get(vals["stage_id"], _NO_STAGE)
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
            message = self.env._("Moved to the won stage of its pipeline")
            self.remark(mapped, "stage_id", message)
        if won or (facts["is_won"] and not lost):
            vals.update(probability=100.0, automated_probability=100.0, active=True)
        elif lost:
            vals.update(probability=0.0, automated_probability=0.0, active=False)
        else:
            vals["active"] = not mapped.pop("_archived")
            vals.setdefault("probability", facts["probability"])
            # equal values would mean "automated", and a cron would overwrite it
            vals["automated_probability"] = 0.0

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
            self.remark(mapped, "_status", message, "unreadable", text)
        return "open" if text else ""

    def _dates(self, mapped, vals):
        """Give every stored date its value, so that Odoo does not put today."""
        created = vals.get("x_source_created_on")
        changed = (
            vals.get("date_closed")
            or _latest(mapped.pop("_stage_entered"))
            or vals.get("x_source_updated_on")
            or created
        )
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


def _latest(text):
    """Return the last of the moments at which a deal entered a stage, or None."""
    moments = []
    for part in (text or "").split("; "):
        try:
            moments.append(parse_datetime(part, "iso"))
        except ValueError:
            continue
    return max(moments, default=None)


def _percent(text):
    """Return the stage's probability, 0 when the source gives none that is readable."""
    try:
        return min(max(to_percent(text) or 0.0, 0.0), 100.0)
    except ValueError:
        return 0.0
