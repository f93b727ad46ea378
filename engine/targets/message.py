from markupsafe import Markup

from ...exceptions import MappingError
from .base import Target


class MessageTarget(Target):
    """Notes and logged communication in the chatter, with their own date."""

    key = "message"
    label = "Chatter Message"
    model = "mail.message"
    ordered_by = "date"
    relation_fields = {"_client": "res_id", "_deal": "res_id"}

    def __init__(self, mapper):
        super().__init__(mapper)
        self._note = self.env.ref("mail.mt_note").id
        self._comment = self.env.ref("mail.mt_comment").id

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        home = mapped.pop("_deal") or mapped.pop("_client")
        if not home:
            raise MappingError(
                self.env._("The note belongs to neither a contact nor a deal."),
                "Client ID",
            )
        self.require(vals, "date", self.env._("The note has no date."), "Created At")
        is_shared = str(mapped.pop("_visibility") or "").lower() == "shared"
        is_email = str(mapped.pop("_type") or "").lower() in ("email", "e-mail")
        vals.update(
            model=home[0],
            res_id=home[1],
            message_type="email" if is_email else "comment",
            subtype_id=self._comment if is_shared else self._note,
            is_internal=not is_shared,
            body=self._heading(mapped) + Markup(vals.get("body") or ""),
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

    def _heading(self, mapped):
        """One line that keeps what Odoo has no field for: kind, session, length."""
        kind = str(mapped.pop("_type") or "").strip()
        parts = [kind] if kind and kind.lower() not in ("note", "email") else []
        if mapped.pop("_session_date"):
            parts.append(str(mapped.pop("_session_date")))
        if mapped.pop("_duration"):
            parts.append(self.env._("%s min", mapped.pop("_duration")))
        if not parts:
            return Markup()
        return Markup("<p><b>%s</b></p>") % " · ".join(parts)
