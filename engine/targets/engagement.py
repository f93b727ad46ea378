from odoo import fields
from odoo.tools.translate import LazyTranslate

from ...tools.fingerprint import fold
from .activity import ActivityTarget
from .event import EventTarget
from .message import MessageTarget
from .routed import RoutedTarget
from .work import outcome

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

MEETINGS = {"meeting", "appointment", "visit"}
TASKS = {"task", "to-do", "to do", "todo", "reminder"}


class EngagementActivity(ActivityTarget):
    """What is still to be done, and tasks, from a list of all that goes on."""

    relation_fields = ActivityTarget.relation_fields | {
        "_starts_at": "date_deadline",
        "_owner": "user_id",
        "subject": "summary",
        "body": "note",
    }

    def finish(self, mapped):
        # the map speaks of messages, for that is what most of the records are
        vals = mapped.vals
        mapped.inputs["_created_at"] = vals.pop("date", None)
        mapped.inputs["_author"] = vals.pop("email_from", None)
        vals.pop("author_id", None)
        for name, other in (("subject", "summary"), ("body", "note")):
            if name in vals:
                vals[other] = vals.pop(name)
        mapped.inputs["_user"] = mapped.pop("_owner")
        return super().finish(mapped)


class EngagementTarget(RoutedTarget):
    """Calls, e-mails, meetings and tasks: what was is a message, what is to be a plan.

    Tasks are activities also when they are done. Where meetings go is the project's
    choice.
    """

    key = "engagement"
    label = _lt("Message, Activity or Meeting")
    model = "mail.message"
    ordered_by = MessageTarget.ordered_by
    # activities first: what they tell in the chatter is put among the messages
    routes = {
        "activity": EngagementActivity,
        "event": EventTarget,
        "message": MessageTarget,
    }

    @classmethod
    def custom_model(cls, env):
        return False

    def route(self, mapped):
        kind, status = fold(mapped.pop("_type")), fold(mapped.pop("_status"))
        planned = mapped.pop("_starts_at") or mapped.pop("_due_at")
        is_past = planned and planned <= fields.Datetime.now()
        is_open = status and outcome(status, mapped.pop("_completed_at")) == "open"
        is_open = is_open and not mapped.pop("_completed_at")
        if kind in MEETINGS and mapped.pop("_starts_at"):
            rule = self.project.meeting_rule
            if rule == "all" or (rule == "planned" and is_open and not is_past):
                return "event"
        if kind in TASKS or (is_open and not is_past):
            return "activity"
        return "message"

    def finish(self, mapped):
        mapped.inputs.setdefault("_created_at", mapped.vals.get("date"))
        return super().finish(mapped)
