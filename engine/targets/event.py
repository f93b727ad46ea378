from datetime import timedelta

from markupsafe import Markup

from odoo.fields import Command
from odoo.tools import email_normalize
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ...tools.converters import to_html_text
from ..keys import clean_id
from ..map.links import item_text, items_of
from .base import Target
from .others import OtherLinks
from .work import ExtraFields, facts_html, outcome, word

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class EventTarget(Target):
    """Meetings in the calendar, with those who took part; nobody is invited.

    A meeting that was called off is archived and says so.
    """

    key = "event"
    label = _lt("Meeting")
    model = "calendar.event"
    relation_fields = {
        "_parent": "res_id",
        "_owner": "user_id",
        "_starts_at": "start",
        "_ends_at": "stop",
        "_participants": "partner_ids",
        "_url": "videocall_location",
        "_location": "location",
        "subject": "name",
        "body": "description",
    }

    def __init__(self, mapper):
        super().__init__(mapper)
        self._extra_fields = ExtraFields(mapper)
        self._others = OtherLinks(mapper)
        specs = mapper.object._spec().get("fields", {})
        self._people = next(
            (
                (line.source_field, specs.get(line.canonical_field, {}))
                for line in mapper.lines
                if line.target_field == "_participants"
            ),
            (None, {}),
        )
        self._partners = {}
        self._models = {}

    @classmethod
    def custom_model(cls, env):
        return False

    # -- who took part -----------------------------------------------------------

    def prefetch(self, mapped_list):
        """Find the contacts who took part, in a few queries a batch."""
        self._others.prefetch(mapped_list)
        people = [person for mapped in mapped_list for person in self._named(mapped)]
        ids = {clean_id(key) for key, _mail, _text in people if key}
        mails = {mail for _key, mail, _text in people if mail}
        self._partners = {}
        if mails:
            domain = [
                ("email_normalized", "in", sorted(mails)),
                ("company_id", "in", [False, self.project.company_id.id]),
            ]
            for partner in self.env["res.partner"].search(domain, order="id desc"):
                self._partners[partner.email_normalized] = partner.id
        if ids:
            links = self.env["migration.crosswalk"].search(
                [
                    ("project_id", "=", self.project.id),
                    ("source_object", "=", self._people[1].get("object")),
                    ("external_id", "in", sorted(ids)),
                    ("res_model", "=", "res.partner"),
                ]
            )
            partners = self.env["res.partner"].browse(links.mapped("res_id")).exists()
            for link in links.filtered(lambda li: li.res_id in partners.ids):
                self._partners[link.external_id] = link.res_id

    def _named(self, mapped):
        """Yield ``(id, e-mail, text)`` of those whom the source names."""
        header, spec = self._people
        for item in items_of(self.mapper.payload(mapped.record).get(header) or []):
            text = item_text(item, spec.get("item", "email"))
            key = item_text(item, "id") if isinstance(item, dict) else ""
            if isinstance(item, dict) and not text:
                text = item_text(item, "name") or key
            yield key, email_normalize(text) or "", text

    def _attendees(self, mapped, user):
        """Return ``(contact ids, e-mails or names of those who are no contact)``."""
        found, unknown = {user.partner_id.id}, []
        for key, mail, text in self._named(mapped):
            known = self._partners.get(clean_id(key)) or self._partners.get(mail)
            if known:
                found.add(known)
            elif text:
                unknown.append(mail or text)
        return sorted(found), unknown

    # -- values --------------------------------------------------------------------

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        facts = self._extra_fields.take(vals)
        subject, body = vals.pop("subject", ""), vals.pop("body", "")
        for name in ("date", "author_id", "email_from"):
            vals.pop(name, None)
        user = self.env["res.users"].browse(
            mapped.pop("_owner") or self.project.fallback_user_id.id
        )
        attendees, unknown = self._attendees(mapped, user)
        home = self._home(mapped)
        model = home[0] if home else False
        if model and model not in self._models:
            self._models[model] = self.env["ir.model"]._get_id(model)
        start, stop = self._times(mapped)
        text = Markup(body or to_html_text(mapped.pop("_body_text")) or "")
        vals.update(
            name=" ".join(subject.split()) or word(mapped.pop("_type")),
            start=start,
            stop=stop,
            allday=False,
            user_id=user.id,
            partner_ids=[Command.set(attendees)],
            res_model_id=self._models[model] if model else False,
            res_id=home[1] if home else False,
            opportunity_id=home[1] if model == "crm.lead" else False,
            location=mapped.pop("_location") or False,
            active=outcome(mapped.pop("_status"), None) != "cancelled",
        )
        vals["videocall_location"] = self._link(mapped, facts)
        vals["description"] = text + facts_html(
            {
                self.env._("Status"): "" if vals["active"] else self.env._("Cancelled"),
                self.env._("Outcome"): mapped.pop("_outcome"),
                self.env._("With"): "; ".join(unknown),
                self.env._("Also about"): self._others.text(mapped, home),
                **facts,
            }
        )
        mapped.inputs["created"] = mapped.pop("_created_at")
        mapped.vals = vals
        return vals

    def _home(self, mapped):
        """Return ``(model, id)`` of the most specific record it belongs to."""
        homes = map(mapped.pop, ("_deal", "_parent", "_client"))
        return next((home for home in homes if home and home[0]), None)

    def _times(self, mapped):
        start, stop = mapped.pop("_starts_at"), mapped.pop("_ends_at")
        if not start:
            message = self.env._("The meeting has no beginning.")
            raise MappingError(message, self.source_of("_starts_at"))
        if not stop and mapped.pop("_seconds"):
            stop = start + timedelta(seconds=mapped.pop("_seconds"))
        if not stop or stop < start:
            stop = start + timedelta(hours=1)
            message = self.env._("The meeting has no end: one hour is assumed.")
            self.remark(mapped, "_starts_at", message)
        return start, stop

    def _link(self, mapped, facts):
        """Return the address of the call; what is no web address is plain text."""
        url = mapped.pop("_url") or ""
        if url.lower().startswith(("http://", "https://")):
            return url
        facts[self.env._("Link")] = url
        return False

    # -- writing -------------------------------------------------------------------

    def create(self, vals_list):
        # a command of any kind keeps Odoo from planning an activity beside it
        nothing = [Command.clear()]
        return super().create(
            [{"activity_ids": nothing, "alarm_ids": nothing} | v for v in vals_list]
        )

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
        records.attendee_ids.filtered(
            lambda person: person.partner_id == person.event_id.user_id.partner_id
        ).write({"state": "accepted"})

    def write(self, record, vals):
        """Begin and end are written together: Odoo moves one with the other."""
        if {"start", "stop"} & set(vals):
            vals = {"start": record.start, "stop": record.stop} | vals
        record.write(vals)
