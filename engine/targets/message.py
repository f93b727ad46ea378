from markupsafe import Markup

from odoo import fields
from odoo.tools import email_normalize
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ...tools.converters import to_html_text
from ...tools.fingerprint import fold
from .base import Target
from .chatter import create_in_order
from .others import OtherLinks
from .work import ExtraFields, outcome, standing_on, word

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: What a message may stand on, most specific first.
HOMES = ("_deal", "_task", "_parent", "_client", "_equipment")


class MessageTarget(Target):
    """Notes and logged communication in the chatter, with their own date."""

    key = "message"
    label = _lt("Chatter Message")
    model = "mail.message"
    ordered_by = ("_starts_at", "_completed_at", "date")
    relation_fields = dict.fromkeys(HOMES, "res_id")

    def __init__(self, mapper):
        super().__init__(mapper)
        self._note = self.env.ref("mail.mt_note").id
        self._comment = self.env.ref("mail.mt_comment").id
        self._senders = {}
        self._others = OtherLinks(mapper)
        self._extra_fields = ExtraFields(mapper)

    def prefetch(self, mapped_list):
        """Find the contacts who wrote to us, in one query a batch."""
        self._others.prefetch(mapped_list)
        mails = {
            email_normalize(mapped.pop("_from") or "") for mapped in mapped_list
        } - {False}
        domain = [
            ("email_normalized", "in", sorted(mails)),
            ("company_id", "in", [False, self.project.company_id.id]),
        ]
        partners = self.env["res.partner"].with_context(active_test=False)
        self._senders = {
            partner.email_normalized: partner
            for partner in (partners.search(domain, order="id desc") if mails else ())
        }

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        mapped.inputs["extra"] = self._extra_fields.take(vals)
        home = self._home(mapped)
        message = self.env._("The note has no date.")
        self.require(vals, "date", message, self.source_of("date"))
        vals["date"] = self._moment(mapped, vals["date"])
        is_shared = (
            fold(mapped.pop("_visibility")) == "shared"
            or mapped.pop("_is_internal") is False
        )
        is_email = fold(mapped.pop("_type")) in ("email", "e-mail")
        self._sender(mapped, vals)
        body = vals.get("body") or to_html_text(mapped.pop("_body_text")) or ""
        vals.update(
            model=home[0],
            res_id=home[1],
            message_type="email" if is_email else "comment",
            subtype_id=self._comment if is_shared else self._note,
            is_internal=not is_shared,
            body=self._heading(mapped, home) + Markup(body),
            # given, so that Odoo does not work them out for each message
            email_from=vals.get("email_from") or self.env.company.email_formatted,
            reply_to=vals.get("email_from") or False,
            message_id=f"<{mapped.record.id}@{self.project._message_domain()}>",
        )
        vals.setdefault("author_id", False)
        if vals.get("subject"):
            vals["subject"] = " ".join(vals["subject"].split())
        mapped.vals = vals
        return vals

    def create(self, vals_list):
        return create_in_order(self, vals_list)

    def _home(self, mapped):
        """The most specific record; what became an activity stands where that does."""
        links = [mapped.pop(name) for name in HOMES if mapped.pop(name)]
        for link in links:
            home = standing_on(self.env, link) if link[0] else None
            if home:
                return home
        other = next((link[1] for link in links if not link[0]), None)
        if other:
            raise RecordSkipped(
                self.env._("It belongs to “%s” only, which is not loaded.", other)
            )
        if links:
            raise RecordSkipped(
                self.env._("It belongs to a task only that is an activity of its user.")
            )
        field = next(filter(None, map(self.source_of, self.relation_fields)), "")
        raise MappingError(
            self.env._("The note belongs to neither a contact nor a deal."), field
        )

    def _moment(self, mapped, recorded):
        """When it happened, where the source says so, else when it was recorded."""
        for name in ("_starts_at", "_completed_at"):
            moment = mapped.pop(name)
            if moment and moment <= fields.Datetime.now():
                return moment
        return recorded

    def _sender(self, mapped, vals):
        """Who wrote it; what came in was not written by the user who filed it."""
        sender = mapped.pop("_from")
        if sender and fold(mapped.pop("_direction")) == "inbound":
            partner = self._senders.get(email_normalize(sender))
            vals["author_id"] = partner.id if partner else False
            vals["email_from"] = partner.email_formatted if partner else sender
        elif sender or mapped.pop("_author_email"):
            vals["email_from"] = (
                vals.get("email_from") or sender or mapped.pop("_author_email")
            )

    def _heading(self, mapped, home):
        """What Odoo has no field for: kind, session, length, to whom, where, how."""
        kind = str(mapped.pop("_type") or "").strip()
        parts = [word(kind)] if fold(kind) not in ("", "note", "email") else []
        status = outcome(mapped.pop("_status"), mapped.pop("_completed_at"))
        if status == "cancelled":
            parts.append(self.env._("Cancelled"))
        elif mapped.pop("_status") and status == "open":
            parts.append(self.env._("Planned"))
        if mapped.pop("_direction"):
            parts.append(word(mapped.pop("_direction")))
        if mapped.pop("_session_date"):
            parts.append(str(mapped.pop("_session_date")))
        if mapped.pop("_duration"):
            parts.append(self.env._("%s min", mapped.pop("_duration")))
        if mapped.pop("_seconds"):
            minutes = max(1, round(mapped.pop("_seconds") / 60))
            parts.append(self.env._("%s min", minutes))
        text = Markup("<p><b>%s</b></p>") % " · ".join(parts) if parts else Markup()
        facts = {
            "_outcome": self.env._("Outcome"),
            "_to": self.env._("To"),
            "_cc": self.env._("Cc"),
            "_participants": self.env._("With"),
            "_location": self.env._("Place"),
            "_url": self.env._("Link"),
        }
        shown = {label: mapped.pop(name) for name, label in facts.items()}
        shown[self.env._("Also about")] = self._others.text(mapped, home)
        shown |= mapped.pop("extra")
        for label, value in shown.items():
            if value:
                text += Markup("<p>%s: %s</p>") % (label, value)
        return text
