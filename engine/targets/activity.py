from markupsafe import Markup

from odoo.tools import plaintext2html
from odoo.tools.translate import LazyTranslate

from ...tools.converters import to_html_text
from ...tools.fingerprint import fold
from ..load.threeway import Unit
from .base import Target
from .chatter import TOLD, create_in_order
from .others import OtherLinks
from .work import TYPES, ExtraFields, facts_html, outcome, word

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class ActivityTarget(Target):
    """What is to be done, or was: activities of Odoo with their own days.

    One that is done is archived with its day and outcome, as Odoo itself does, and
    the chatter of its record says so. One that belongs to no record stays with the
    user it is assigned to.
    """

    key = "activity"
    label = _lt("Activity")
    model = "mail.activity"
    ordered_by = ("_completed_at", "_due_at", "_created_at")
    relation_fields = {
        "_deal": "res_id",
        "_client": "res_id",
        "_parent": "res_id",
        "_equipment": "res_id",
        "_user": "user_id",
        "_due_at": "date_deadline",
        "_type": "activity_type_id",
    }
    #: the name of its record is Odoo's own copy
    unread_fields = frozenset({"res_name"})
    # done, or still to be done: with what was said of it, and its day
    units = (Unit(("active", "feedback"), frozenset({"date_done"})),)
    #: which of a source's references says where it stands, most specific first
    homes = ("_deal", "_parent", "_client", "_equipment")

    def __init__(self, mapper):
        super().__init__(mapper)
        self._extra_fields = ExtraFields(mapper)
        self._others = OtherLinks(mapper)
        self._types = self._known_types()
        self._models = {}
        self._names = {}

    @classmethod
    def custom_model(cls, env):
        return False

    def _known_types(self):
        """Return ``{folded word: activity type}``: Odoo's own, else one so called."""
        types = self.env["mail.activity.type"].search(
            [("res_model", "=", False), ("active", "=", True)], order="id desc"
        )
        known = {fold(kind.name): kind for kind in types}
        for text, xml_id in TYPES.items():
            kind = self.env.ref(xml_id, raise_if_not_found=False)
            if kind:
                known[text] = kind
        return known

    def prefetch(self, mapped_list):
        """Read the names of the records that the batch belongs to in one go."""
        self._others.prefetch(mapped_list)
        homes = {}
        for mapped in mapped_list:
            home = self._home(mapped)
            if home:
                homes.setdefault(home[0], set()).add(home[1])
        self._names = {
            (model, record.id): record.display_name
            for model, ids in homes.items()
            for record in self.env[model].browse(ids).exists()
        }

    def _home(self, mapped):
        """Return ``(model, id)`` of the record it stands on, or None."""
        for name in self.homes:
            home = mapped.pop(name)
            if home and home[0]:
                return home
        return None

    def _elsewhere(self, mapped):
        """Return what the source calls the record, where Odoo has none of the kind."""
        parent = mapped.pop("_parent")
        return word(parent[1]) if parent and not parent[0] else ""

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        facts = self._extra_fields.take(vals)
        vals["summary"] = " ".join((vals.get("summary") or "").split())
        if not vals["summary"]:
            vals["summary"] = word(mapped.pop("_type"))
        message = self.env._("It has neither a title nor a type.")
        self.require(vals, "summary", message, self.source_of("summary"))
        vals["activity_type_id"] = self._type(mapped, facts).id
        vals["user_id"] = mapped.pop("_user") or self.project.fallback_user_id.id
        self._place(mapped, vals)
        due = self._due(mapped)
        vals["date_deadline"] = self.local_day(due)
        self._outcome(mapped, vals, due)
        vals["note"] = self._note(mapped, vals, facts)
        mapped.inputs["created"] = mapped.pop("_created_at")
        mapped.vals = vals
        return vals

    def _type(self, mapped, facts):
        """Return the activity type; an unknown word is a to-do that names it."""
        text = mapped.pop("_type") or ""
        found = self._types.get(fold(text))
        if not found:
            found = self._types.get("", self.env["mail.activity.type"])
            facts[self.env._("Type")] = word(text)
            message = self.env._("Not a known type: a to-do that names it.")
            self.remark(mapped, "_type", message, value=text)
        return found

    def _place(self, mapped, vals):
        home = self._home(mapped)
        model = home[0] if home else False
        if model and model not in self._models:
            self._models[model] = self.env["ir.model"]._get_id(model)
        vals.update(
            res_model_id=self._models[model] if model else False,
            res_id=home[1] if home else False,
            # given, so that Odoo does not read the record of each
            res_name=self._names.get(home) if home else False,
        )

    def _due(self, mapped):
        """When it is due; the nearest thing the source knows where it does not say."""
        due = mapped.pop("_due_at")
        if due:
            return due
        names = ("_starts_at", "_completed_at", "_created_at")
        known = [mapped.pop(name) for name in names if mapped.pop(name)]
        message = self.env._("No due date: the day it was written down counts.")
        self.remark(mapped, "summary", message)
        return known[0] if known else mapped.record.create_date

    def _outcome(self, mapped, vals, due):
        """Open, or archived with its day: done, or cancelled and said so."""
        status, completed = mapped.pop("_status"), mapped.pop("_completed_at")
        found = outcome(status, completed)
        if not found:
            message = self.env._("Not a known status: read as still to be done.")
            self.remark(mapped, "_status", message, value=status)
        is_open = found not in ("done", "cancelled")
        vals.update(active=is_open, date_done=False, feedback=False)
        if is_open:
            return
        moment = completed or mapped.pop("_changed_at") or due
        vals["date_done"] = self.local_day(moment)
        words = [self.env._("Cancelled")] if found == "cancelled" else []
        vals["feedback"] = "\n".join(filter(None, [*words, mapped.pop("_outcome")]))
        mapped.inputs.update(done_on=moment, is_cancelled=bool(words))

    def _note(self, mapped, vals, facts):
        """The text, and below it all that Odoo's activities have no field for."""
        note = Markup(vals.get("note") or to_html_text(mapped.pop("_body_text")) or "")
        note += mapped.pop("_checklist") or Markup()
        due, status = mapped.pop("_due_at"), mapped.pop("_status")
        is_plain = fold(status or "") in ("", "pending", "overdue", "completed")
        labelled = {
            self.env._("Status"): "" if is_plain else word(status),
            self.env._("Priority"): word(mapped.pop("_priority")),
            self.env._("Due at"): due and self._clock(due),
            self.env._("Starts at"): self._moment(mapped, "_starts_at"),
            self.env._("Ends at"): self._moment(mapped, "_ends_at"),
            self.env._("Reminder at"): self._moment(mapped, "_reminder_at"),
            self.env._("Completed at"): self._moment(mapped, "_completed_at"),
            self.env._("Recurrence"): mapped.pop("_recurrence"),
            self.env._("Outcome"): mapped.pop("_outcome") if vals["active"] else "",
            self.env._("Tags"): mapped.pop("_tag_words"),
            self.env._("Part of"): mapped.pop("_parent_name"),
            self.env._("Project"): mapped.pop("_project_name"),
            self.env._("Equipment"): mapped.pop("_equipment_name"),
            self.env._("With"): mapped.pop("_participants"),
            self.env._("Place"): mapped.pop("_location"),
            self.env._("Link"): mapped.pop("_url"),
            self.env._("Belongs to"): self._elsewhere(mapped),
            self.env._("Written by"): mapped.pop("_author"),
            self.env._("Also about"): self._others.text(mapped, self._home(mapped)),
            **facts,
            self.env._("Created"): self._moment(mapped, "_created_at"),
            self.env._("Last changed"): self._moment(mapped, "_changed_at"),
        }
        return note + facts_html(labelled)

    def _moment(self, mapped, name):
        return self.local_text(mapped.pop(name)) if mapped.pop(name) else ""

    def _clock(self, due):
        """Return the time of day of a deadline, nothing for midnight."""
        text = self.local_text(due)
        return "" if text.endswith("00:00") else text

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
        pairs = list(zip(records, mapped_list, strict=True))
        self._tell([(rec, mapped) for rec, mapped in pairs if not rec.active])

    def updated(self, record, mapped, changed):
        """What was done at the source since is told in the chatter, once."""
        if changed.get("active") is False and not self._is_told(mapped):
            self._tell([(record, mapped)])

    def _is_told(self, mapped):
        return self.env["migration.crosswalk"].search_count(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=", f"{self.mapper.object.name}{TOLD}"),
                ("external_id", "=", mapped.record.external_id),
            ],
            limit=1,
        )

    def _tell(self, pairs):
        """Write the chatter's lines that something was done, with its own date."""
        pairs = [(rec, mapped) for rec, mapped in pairs if rec.res_model]
        messages = create_in_order(
            self, [self._message(record, mapped) for record, mapped in pairs]
        )
        for message, (_record, mapped) in zip(messages, pairs, strict=True):
            self.add_extra(mapped, TOLD, message)

    def _message(self, record, mapped):
        author = record.user_id.partner_id
        kind = record.activity_type_id.name or self.env._("To-Do")
        title = (
            self.env._("%(type)s cancelled: %(title)s", type=kind, title=record.summary)
            if mapped.pop("is_cancelled")
            else self.env._("%(type)s done: %(title)s", type=kind, title=record.summary)
        )
        body = Markup("<p><b>%s</b></p>") % title + Markup(record.note or "")
        if record.feedback:
            body += plaintext2html(record.feedback)
        return {
            "model": record.res_model,
            "res_id": record.res_id,
            "record_name": record.res_name,
            "date": mapped.pop("done_on"),
            "author_id": author.id,
            "email_from": author.email_formatted or self.env.company.email_formatted,
            "reply_to": author.email_formatted or False,
            "message_type": "notification",
            "subtype_id": self.env.ref("mail.mt_activities").id,
            "mail_activity_type_id": record.activity_type_id.id,
            "body": body,
            "is_internal": True,
            "message_id": (
                f"<done-{mapped.record.id}@{self.project._message_domain()}>"
            ),
        }
