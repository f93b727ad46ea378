from odoo.tools.translate import LazyTranslate

from ...exceptions import RecordSkipped
from ...tools.fingerprint import fold
from .base import Target
from .work import CANCELLED, DONE

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: Words of a source -> how a project stands in Odoo.
_STATUSES = {
    **dict.fromkeys(DONE, "done"),
    **dict.fromkeys(("active", "in progress", "in_progress", "started"), "on_track"),
    **dict.fromkeys(("on hold", "on_hold", "paused", "waiting"), "on_hold"),
    **dict.fromkeys(("at risk", "at_risk"), "at_risk"),
    **dict.fromkeys(("off track", "late"), "off_track"),
}
_OVER = CANCELLED | {"archived", "deleted", "inactive"}


class ProjectTarget(Target):
    """Projects, seen by all internal users and by nobody else."""

    key = "project"
    label = _lt("Project")
    model = "project.project"
    ordered_by = ("x_source_created_on",)
    relation_fields = {"_client": "partner_id", "_status": "last_update_status"}

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        message = self.env._("The project has no name.")
        self.require(vals, "name", message, self.source_of("name"))
        partner = mapped.pop("_client")
        status = fold(mapped.pop("_status"))
        vals.update(
            company_id=self.project.company_id.id,
            partner_id=partner[1] if partner and partner[0] == "res.partner" else False,
            # the default would show the project to invited customers
            privacy_visibility="employees",
            last_update_status=_STATUSES.get(status, "to_define"),
            active=status not in _OVER,
        )
        vals.setdefault("user_id", self.project.fallback_user_id.id)
        start, end = vals.get("date_start"), vals.get("date")
        if start and end and end < start:
            message = self.env._("It would end before it begins: left empty.")
            self.remark(mapped, "date", message, "unreadable", end)
            del vals["date"]
        mapped.vals = vals
        return vals

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)


class ProjectTextTarget(Target):
    """Projects where the app is not installed: their tasks name them."""

    key = "project_text"
    label = _lt("Project (Name on Activities)")
    model = "mail.activity"

    @classmethod
    def custom_model(cls, env):
        return False

    def finish(self, mapped):
        raise RecordSkipped(
            self.env._(
                "Project is not installed: its tasks are activities that name it."
            )
        )
