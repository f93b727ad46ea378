from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ..load.threeway import Unit
from ..map.amounts import AmountRule
from ..map.pipelines import Pipelines
from .base import Target
from .lead_conversion import LeadConversion
from .lead_facts import own_facts
from .lead_history import LeadHistory
from .lead_outcome import LeadOutcome

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: Dates that Odoo sets to now when the owner, the stage or the outcome changes.
_HISTORY = (
    "date_open",
    "date_closed",
    "date_last_stage_update",
)

#: What Odoo counts in days, with the date that it counts to.
_DAYS = {"day_open": "date_open", "day_close": "date_closed"}


class LeadTarget(Target):
    """Deals become opportunities whose state Odoo's own constraints accept.

    Leads of the source are leads of Odoo, outside of any pipeline; one that became a
    deal there is that deal's opportunity here.
    """

    key = "lead"
    label = _lt("Opportunity")
    model = "crm.lead"
    ordered_by = ("x_source_created_on",)
    relation_fields = {"_client": "partner_id", "_organization": "partner_id"}
    units = (
        # Odoo's constraints tie these together: a mixture would be refused
        Unit(
            ("stage_id", "active", "lost_reason_id", "probability", "team_id"),
            frozenset(
                {
                    "automated_probability",
                    "date_closed",
                    "date_last_stage_update",
                    "day_close",
                }
            ),
        ),
        Unit(("user_id",), frozenset({"date_open", "day_open"})),
    )

    def __init__(self, mapper):
        super().__init__(mapper)
        self._outcome = LeadOutcome(self)
        self._pipelines = Pipelines(self.project)
        self._history = LeadHistory(self, self._outcome.stages, self._pipelines)
        self._amounts = AmountRule(self)
        self._fallbacks = self._team_fallbacks()
        self._conversion = LeadConversion(self)
        self._born = {}

    def prefetch(self, mapped_list):
        self._history.prefetch(mapped_list)
        self._conversion.prefetch(mapped_list)
        known = self.env[self.model].browse(
            [m.pop("loaded_id") for m in mapped_list if m.pop("loaded_id")]
        )
        self._born = {
            lead.id: lead.create_date for lead in known.exists() if lead.date_conversion
        }

    def _team_fallbacks(self):
        """Return ``{team id: its own fallback user}``."""
        items = self.project.schema_item_ids.filtered("fallback_user_id")
        return {item.res_id: item.fallback_user_id for item in items}

    def fallback_user(self, values):
        """A sales team may have a fallback user of its own."""
        team = values["team_id"] if values else False
        team = team if isinstance(team, int) else team.id
        return self._fallbacks.get(team) or super().fallback_user(values)

    def finish(self, mapped):
        if mapped.pop("_converted"):
            mapped.inputs["same_as"] = mapped.pop("_converted")
            mapped.vals = self.without_left_out(mapped, mapped.vals)
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
        self.give_owner(mapped, vals)
        vals["partner_id"] = self.partner_of(mapped, "_client", "_organization")
        self._amounts.apply(mapped, vals)
        self._outcome.settle(mapped, vals)
        mapped.inputs["moves"] = self._history.moves(mapped, vals)
        self._dates(mapped, vals)
        if "iap_enrich_done" in self.env[self.model]._fields:
            # no migrated address goes to a paid enrichment service
            vals["iap_enrich_done"] = True
        mapped.vals = vals
        return vals

    def bind(self, mapped):
        found = mapped.pop("same_as")
        if found:
            deal = self.env[found[0]].browse(found[1])
            self._person(mapped, mapped.vals)
            self._conversion.fill(mapped, deal, self.partner_of(mapped, "_client"))
        return found

    def renew(self, mapped, link):
        return self.tell_unfollowed(mapped, link)

    def make(self, mapped_list):
        """A new deal whose lead stands in Odoo already is that lead, converted."""
        adopted = {
            mapped.record.id: self._conversion.convert(mapped)
            for mapped in mapped_list
            if self._conversion.standing_lead(mapped)
        }
        rest = [mapped for mapped in mapped_list if mapped.record.id not in adopted]
        made = iter(super().make(rest) if rest else ())
        records = self.env[self.model]
        for mapped in mapped_list:
            lead = adopted.get(mapped.record.id)
            records += next(made) if lead is None else lead
        return records

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

    def _dates(self, mapped, vals):
        """Give every stored date its value, so that Odoo does not put today."""
        created = self._beginning(mapped, vals)
        moves = mapped.pop("moves")
        moved = moves[-1].moment if moves else None
        if vals.get("probability") == 100.0 or not vals["active"]:
            self._closing(mapped, vals, moved or vals.get("x_source_updated_on"))
        changed = moved or vals.get("date_closed") or created
        if created:
            vals["date_open"] = created
        if changed:
            vals["date_last_stage_update"] = changed

    def _beginning(self, mapped, vals):
        """When it was created; a converted lead is older than the deal it became."""
        created = vals.get("x_source_created_on")
        if self.project.keep_create_date and created:
            lead = self._conversion.standing_lead(mapped)
            born = lead.create_date or self._born.get(mapped.pop("loaded_id"))
            created = min(created, born or created)
        return created

    def _closing(self, mapped, vals, last_seen):
        """Won and lost deals have a closing date, archived ones that are open none."""
        created = vals.get("x_source_created_on")
        day = vals.get("date_closed") or last_seen or created
        if day and not self._outcome.is_open(vals):
            vals["date_closed"] = day
        if created and day and day < created:
            message = self.env._("Closed before it was created.")
            self.remark(mapped, "date_closed", message, "contradiction", day)

    def follows(self, record, mapped, edited):
        return self._history.is_new(record, mapped, edited)

    def follow(self, record, mapped, edited):
        self._history.follow(record, mapped)
        return [self.env._("Stage History")]

    def write(self, record, vals):
        """A change at the source happened on the source's day, not today.

        Team and stage are given again: Odoo would choose others for a new owner, and
        its own facts: Odoo would take over those of a new contact.
        """
        odds = vals.get("automated_probability", record.automated_probability)
        before = {name: record[name] for name in _HISTORY}
        place = {"team_id": record.team_id.id, "stage_id": record.stage_id.id}
        if "partner_id" in vals:
            place |= own_facts(record)
        # a new dict: Odoo puts its own dates into the one that it is given
        record.write(place | vals)
        history = {name: vals.get(name, before[name]) for name in _HISTORY}
        if record.won_status == "pending":
            history["date_closed"] = False
        record.write(
            {name: day for name, day in history.items() if day != record[name]}
        )
        self._keep_odds(record, odds)
        self.settle_days(record)

    def _write_again(self, record, vals, link):
        odds = record.automated_probability
        result = super()._write_again(record, vals, link)
        self._keep_odds(record, odds)
        return result

    @staticmethod
    def _keep_odds(record, odds):
        """Odoo guesses anew at each change: one that fits would pass for its own."""
        if record.automated_probability != odds:
            record.automated_probability = odds

    def created(self, records, mapped_list):
        fresh = [
            (record, mapped)
            for record, mapped in zip(records, mapped_list, strict=True)
            if not self._conversion.standing_lead(mapped)
        ]
        new = self.env[self.model].union(*(record for record, _mapped in fresh))
        self.set_create_date(new, [mapped for _record, mapped in fresh])
        self.settle_days(records)
        self._history.write(zip(records, mapped_list, strict=True))

    def settle_days(self, records):
        """Let days to assign and to close be those of the source.

        Odoo counts them from the record's creation, which is today where the project
        does not keep the original one.
        """
        if self.project.keep_create_date:
            for name in _DAYS:
                self.env.add_to_compute(records._fields[name], records)
            return
        records.flush_recordset()
        rows = [
            (record.id, *self._days(record))
            for record in records
            if self.source_creation(record)
        ]
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead AS lead SET day_open = days.opened,"
                " day_close = days.closed FROM (SELECT unnest(%s) AS id,"
                " unnest(%s::float[]) AS opened, unnest(%s::float[]) AS closed) AS days"
                " WHERE lead.id = days.id",
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        records.invalidate_recordset(list(_DAYS))

    def _days(self, record):
        """Return the days to assign and to close, None for what did not happen."""
        created = self.source_creation(record)
        return [
            abs((record[date] - created).days) if record[date] else None
            for date in _DAYS.values()
        ]

    @staticmethod
    def source_creation(record):
        """Return when the source created it, as far as the map keeps that."""
        name = "x_source_created_on"
        return record[name] if name in record._fields else False
