"""Words and texts that tasks, activities and meetings of all sources share."""

from markupsafe import Markup

from ...tools.fingerprint import fold

DONE = {"done", "completed", "complete", "closed", "finished", "held", "resolved"}
CANCELLED = {"cancelled", "canceled", "aborted", "dropped", "no show"}
OPEN = {
    *("todo", "to do", "to-do", "open", "new", "pending", "planned", "scheduled"),
    *("in progress", "in_progress", "started", "overdue", "waiting", "on hold"),
}
#: What sources call their activities -> Odoo's own activity types.
TYPES = {
    **dict.fromkeys(("call", "phone", "phone call"), "mail.mail_activity_data_call"),
    **dict.fromkeys(
        ("meeting", "appointment", "session", "visit"),
        "mail.mail_activity_data_meeting",
    ),
    **dict.fromkeys(("email", "e-mail", "mail"), "mail.mail_activity_data_email"),
    **dict.fromkeys(
        ("", "to-do", "to do", "todo", "task", "reminder"),
        "mail.mail_activity_data_todo",
    ),
}


def outcome(status, completed):
    """Return ``done``, ``cancelled``, ``open`` or, for an unknown word, nothing.

    :param completed: when it was completed, if the source says so; it counts where
        the status says nothing
    """
    word = fold(status or "")
    if word in CANCELLED:
        return "cancelled"
    if word in DONE or (completed and word not in OPEN):
        return "done"
    if not word or word in OPEN:
        return "open"
    return ""


def facts_html(facts):
    """Return readable lines of ``{label: text}``; what is empty is left out."""
    lines = [Markup("%s: %s") % (label, text) for label, text in facts.items() if text]
    return Markup("<p>%s</p>") % Markup("<br>").join(lines) if lines else Markup()


def word(text):
    """Return a code of the source (``CALL``, ``in_progress``) as a word."""
    text = str(text or "").strip()
    if text in (text.upper(), text.lower()):
        text = text.replace("_", " ").capitalize()
    return text


class ExtraFields:
    """Values of custom fields, for records of models that get no custom fields."""

    def __init__(self, mapper):
        self._labels = {
            line.target_field: line.source_field.removeprefix("custom.")
            for line in reversed(mapper.lines)
        }

    def take(self, vals):
        """Move the custom fields out of ``vals``; return them as ``{label: text}``."""
        names = [name for name in vals if name.startswith("x_")]
        return {self._labels.get(name, name): vals.pop(name) for name in names}


def standing_on(env, link):
    """Return ``(model, id)`` of the record that people find a linked record with.

    An activity is shown on another record; None for one that has none.
    """
    if link[0] != "mail.activity":
        return link
    activity = env["mail.activity"].browse(link[1])
    return (activity.res_model, activity.res_id) if activity.res_model else None
