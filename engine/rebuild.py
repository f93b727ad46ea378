"""What a migration does not move: workflows and templates, described for a rebuild."""

import json
import re

from ..connectors.profile.paths import is_empty
from ..tools import converters
from ..tools.export import csv_bytes
from ..tools.fingerprint import normalise_header
from .map.placeholders import Translation, expression_of

#: words in a trigger -> (trigger of an automation rule, what it watches); the row of
#: most words counts, among equals the first. A word may go on: "tag" is in "tagged".
_TRIGGERS = (
    ("stage", "Stage is set to", "Opportunity"),
    ("tag", "Tag is added", "Contact"),
    ("won", "Stage is set to (the won stage)", "Opportunity"),
    ("lost", "On archived", "Opportunity"),
    ("deal created", "On create", "Opportunity"),
    ("deal owner", "User is set", "Opportunity"),
    ("contact owner", "User is set", "Contact"),
    ("client owner", "User is set", "Contact"),
    ("deal", "On create and edit", "Opportunity"),
    ("form", "On create", "the custom model of the form"),
    ("session", "Based on date field", "Calendar Event"),
    ("appointment", "Based on date field", "Calendar Event"),
    ("task", "On create and edit", "Activity"),
    ("note", "On incoming message", "Contact"),
    ("message", "On incoming message", "Contact"),
    ("email", "On incoming message", "Contact"),
    ("invoice", "Based on date field", "Invoice (Invoicing app)"),
    ("owner", "User is set", "Opportunity"),
    ("webhook", "On webhook", "Contact"),
    ("archived", "On archived", "Contact"),
    ("created", "On create", "Contact"),
    ("added", "On create", "Contact"),
    ("updated", "On create and edit", "Contact"),
    ("date", "Based on date field", "Contact"),
)
#: words in a step -> action of a server action
_STEPS = (
    ("email", "Send Email, with the template named here"),
    ("sms", "Send SMS"),
    ("text message", "Send SMS"),
    ("task", "Create Activity"),
    ("remind", "Create Activity"),
    ("notify", "Create Activity for the person to be told"),
    ("notification", "Create Activity for the person to be told"),
    ("tag", "Update Record: Tags"),
    ("stage", "Update Record: Stage"),
    ("owner", "Update Record: Salesperson"),
    ("assign", "Update Record: Salesperson"),
    ("field", "Update Record"),
    ("update", "Update Record"),
    ("create", "Create Record"),
    ("note", "Create Activity, or Execute Code to post a note"),
    ("webhook", "Send Webhook Notification"),
    ("wait", "No action of its own: the delay of the next step"),
    ("delay", "No action of its own: the delay of the next step"),
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DELAY = re.compile(r"\s*(-?\d{1,6})\s*([a-z]*)\s*")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class RebuildReference:
    """Documents of one project, from its staged records.

    Reads whatever keys the source uses for the parts of a workflow; what it does not
    know is shown as it came, so that nothing is left out.
    """

    def __init__(self, project):
        self.project = project
        self.env = project.env

    def _records(self, name):
        obj = self.project._object(name)
        return self.env["migration.staged.record"].search(
            [
                ("object_id", "=", obj.id),
                ("reason_code", "not in", ("duplicate_id", "repeated")),
            ]
            if obj
            else [("id", "=", False)],
            order="id",
        )

    def _fields(self, name, payload):
        """Return the payload under the preset's names, what it does not know apart."""
        known = self.project._preset().by_header(name)
        found, other = {}, {}
        for header, value in payload.items():
            field = known.get(normalise_header(header))
            if field and is_empty(found.get(field)):
                found[field] = value
            elif not is_empty(value):
                other[header] = value
        return found, other

    def workflows(self):
        """Return one dict a workflow: plain JSON, also the content of the download."""
        names = {
            record.external_id: record.name
            for record in self._records("email_templates")
        }
        return [
            self._workflow(record.external_id, record.payload or {}, names)
            for record in self._records("workflows")
        ]

    def _workflow(self, external_id, payload, templates):
        found, other = self._fields("workflows", payload)
        trigger = converters.to_text(found.get("trigger")) or ""
        when, model = _nearest(trigger, _TRIGGERS) or ("", "")
        steps = [
            self._step(number, step, templates)
            for number, step in enumerate(_listed(found.get("steps")), 1)
        ]
        return {
            "id": external_id,
            "name": converters.to_text(found.get("name")) or external_id,
            "enabled": converters.to_text(found.get("enabled")) or "",
            "owner": converters.to_text(found.get("owner")) or "",
            "updated": converters.to_text(found.get("updated_at")) or "",
            "trigger": trigger,
            "odoo_trigger": when,
            "odoo_model": model,
            "conditions": [_words(part) for part in _listed(found.get("conditions"))],
            "steps": steps,
            "other": {name: _words(value) for name, value in other.items()},
        }

    def _step(self, number, step, templates):
        parts = step if isinstance(step, dict) else {"type": step}
        kind = converters.to_text(parts.get("type") or parts.get("action")) or ""
        delay = converters.to_text(parts.get("delay") or parts.get("wait")) or ""
        key = converters.to_text(parts.get("template_id") or parts.get("template"))
        other = {
            name: _words(value)
            for name, value in parts.items()
            if not is_empty(value)
            and name
            not in ("type", "action", "delay", "wait", "template_id", "template")
        }
        return {
            "number": number,
            "type": kind,
            "delay": delay,
            "when": self._when(delay),
            "template": templates.get(key, key or ""),
            "odoo_action": next(iter(_nearest(kind, _STEPS)), "")
            or "No counterpart: Execute Code",
            "other": other,
        }

    def _when(self, delay):
        """Say a delay in words and how an automation rule keeps it."""
        match = _DELAY.fullmatch(delay.lower())
        count = int(match[1]) if match else 0
        if not match or not count:
            return self.env._("at once") if match or not delay else delay
        unit = _UNITS.get(match[2][:1], match[2] or "days")
        text = self.env._("%(count)s %(unit)s after", count=abs(count), unit=unit)
        if count < 0:
            text = self.env._("%(count)s %(unit)s before", count=abs(count), unit=unit)
        return self.env._("%s: a second rule “Based on date field”", text)

    def templates(self):
        """Return one dict a template, with its translation and what has none."""
        return [
            self._template(record.external_id, record.payload or {})
            for record in self._records("email_templates")
        ]

    def _template(self, external_id, payload):
        found, other = self._fields("email_templates", payload)
        text = {name: converters.to_text(value) or "" for name, value in found.items()}
        translation = Translation()
        subject = translation.subject(text.get("Subject", ""))
        body = str(translation.body(converters.to_html_text(found.get("Body")) or ""))
        listed = converters.split_multi(found.get("Placeholders") or "")
        unknown = [name for name in listed if expression_of(name) is None]
        return {
            "id": external_id,
            "name": text.get("Name", ""),
            "type": text.get("Type", ""),
            "enabled": text.get("Enabled", ""),
            "updated": text.get("Last Updated", ""),
            "subject": text.get("Subject", ""),
            "body": text.get("Body", ""),
            "placeholders": text.get("Placeholders", ""),
            "odoo_subject": subject,
            "odoo_body": body,
            "untranslatable": list(dict.fromkeys([*translation.unknown, *unknown])),
            "other": {name: _words(value) for name, value in other.items()},
        }

    def as_json(self):
        """Return everything as one JSON file."""
        document = {
            "source": self.project._preset().label,
            "workflows": self.workflows(),
            "templates": self.templates(),
        }
        return json.dumps(document, indent=2, ensure_ascii=False).encode()

    def templates_csv(self):
        """Return the templates as a table."""
        rows = self.templates()
        header = list(rows[0]) if rows else ["id", "name"]
        return csv_bytes(header, ([_words(v) for v in row.values()] for row in rows))

    def as_html(self):
        """Return the document that an administrator rebuilds from."""
        page = self.env["ir.qweb"]._render(
            "crm_migration.rebuild_reference",
            {
                "source": self.project._preset().label,
                "project": self.project.name,
                "workflows": self.workflows(),
                "templates": self.templates(),
            },
        )
        return b"<!DOCTYPE html>\n" + str(page).encode()


def _nearest(text, table):
    """Return what a table says of the words in ``text``, () if it says nothing."""
    words = normalise_header(_CAMEL.sub(" ", text)).split()
    for key, *found in sorted(table, key=lambda row: -len(row[0].split())):
        if all(any(w.startswith(part) for w in words) for part in key.split()):
            return found
    return ()


def _listed(value):
    """Return the parts of a list, also where an export wrote it as JSON text."""
    if isinstance(value, str):
        try:
            value = converters.parse_json(value)
        except ValueError:
            value = converters.split_multi(value)
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def _words(value):
    """Return a nested value as a person reads it."""
    if isinstance(value, dict):
        if {"field", "operator"} <= set(value):
            return f"{value['field']} {value['operator']} {value.get('value', '')}"
        return ", ".join(f"{name}: {_words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_words(part) for part in value)
    return converters.to_text(value) or ""
