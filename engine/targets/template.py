from odoo.tools.translate import LazyTranslate

from ...exceptions import RecordSkipped
from ...tools.fingerprint import fold
from ..map.placeholders import Translation
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class TemplateTarget(Target):
    """E-mail templates become archived drafts, if the project wants them at all."""

    key = "template"
    label = _lt("E-mail Template (Draft)")
    model = "mail.template"

    def finish(self, mapped):
        if not self.project.draft_templates:
            raise RecordSkipped(
                self.env._("Kept in the rebuild reference; drafts are not asked for.")
            )
        kind = fold(mapped.pop("_type"))
        if kind not in ("", "email", "e-mail"):
            raise RecordSkipped(
                self.env._(
                    "Kept in the rebuild reference: “%s” is no e-mail.",
                    mapped.pop("_type"),
                )
            )
        vals = self.constants | mapped.vals
        message = self.env._("The template has no name.")
        self.require(vals, "name", message, self.source_of("name"))
        translation = Translation()
        vals.update(
            model_id=self.env["ir.model"]._get_id("res.partner"),
            subject=translation.subject(vals.get("subject")),
            body_html=translation.body(vals.get("body_html")),
            # a draft: somebody looks at it before anybody is written to
            active=False,
            use_default_to=True,
            lang="{{ object.lang }}",
            description=self._description(mapped, translation.unknown),
        )
        if translation.unknown:
            message = self.env._(
                "No counterpart in Odoo: %s", ", ".join(translation.unknown)
            )
            self.remark(mapped, "body_html", message)
        mapped.vals = vals
        return vals

    def _description(self, mapped, unknown):
        lines = [self.env._("Draft from %s.", self.project._preset().label)]
        if mapped.pop("_enabled") is False:
            lines.append(self.env._("It was switched off there."))
        if unknown:
            names = ", ".join(f"[{name}]" for name in unknown)
            lines.append(self.env._("Fill in by hand: %s", names))
        return "\n".join(lines)
