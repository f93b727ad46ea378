from odoo import api, fields, models

#: options of a pick-list that a person is shown before "..."
_SHOWN = 12


class MigrationSchemaItem(models.Model):
    """What the schema plan shows of an item, and what leaving it out means."""

    _inherit = "migration.schema.item"

    model_label = fields.Char(
        "On", compute="_compute_shown", help="Records that get the field or the view."
    )
    description = fields.Char(
        "What", compute="_compute_shown", help="Type, options and further settings."
    )
    share = fields.Float(
        "Share of Records",
        compute="_compute_share",
        help="Of the source records that could need it, those that do.",
    )

    @api.depends("kind", "vals", "res_model")
    def _compute_shown(self):
        for item in self:
            model = (item.vals or {}).get("model")
            item.model_label = item._model_label(model)
            describe = {
                "field": item._describe_field,
                "option": item._describe_option,
                "model": item._describe_model,
                "stage": item._describe_stage,
            }.get(item.kind)
            item.description = describe() if describe else False

    @api.depends("record_count", "total_count")
    def _compute_share(self):
        for item in self:
            total = item.total_count
            item.share = min(item.record_count / total, 1.0) if total else 0.0

    def _model_label(self, name):
        """Return how people call a model; one that is still to be made by its item."""
        if not name:
            return False
        if name in self.env:
            return self.env["ir.model"]._get(name).name
        planned = self.project_id.schema_item_ids.filtered(
            lambda item: item.kind == "model" and item.vals.get("model") == name
        )
        return planned[:1].name or name

    def _describe_field(self):
        vals = self.vals
        kind = self.env["migration.mapping.line"]._fields["new_field_type"]
        names = dict(kind._description_selection(self.env))
        shown = {
            "url": self.env._("Web Address"),
            "email": self.env._("E-mail"),
            "phone": self.env._("Phone"),
        }
        label = shown.get(vals.get("widget")) or names.get(vals["ttype"], vals["ttype"])
        options = [option for _value, option in vals.get("selection") or ()]
        relation = vals.get("relation")
        values = self.project_id.schema_item_ids.filtered(
            lambda item: item.kind == "model" and item.key == relation
        )
        options += [row["x_name"] for row in (values.vals or {}).get("records", ())]
        if options:
            more = ["…"] if len(options) > _SHOWN else []
            return f"{label}: {', '.join([*options[:_SHOWN], *more])}"
        return f"{label}: {self._model_label(relation)}" if relation else label

    def _describe_option(self):
        return self.vals["value"] if self.vals["value"] != self.vals["label"] else False

    def _describe_model(self):
        fields_ = [field["label"] for field in self.vals.get("fields", ())]
        return f"{self.vals.get('model')}: {', '.join(fields_)}"

    def _describe_stage(self):
        words = {
            "is_won": self.env._("Won"),
            "is_lost": self.env._("Lost"),
            "fold": self.env._("Folded"),
        }
        return ", ".join(words[name] for name in words if self.vals.get(name)) or False

    # -- leaving out ----------------------------------------------------------------

    def write(self, vals):
        """A field that is left out takes the fate of its source fields with it."""
        result = super().write(vals)
        if "action" in vals and not self.env.su:
            for item in self.filtered(lambda item: item.kind == "field"):
                if item.action == "skip":
                    item._drop_lines()
                else:
                    item._take_lines_in()
        return result

    def _lines(self):
        """Return the map lines that write into this field."""
        return self.project_id.mapping_line_ids.filtered(
            lambda line: (
                line.target_field == self.vals["name"]
                and line.object_id.target
                and self.vals["model"] in line.object_id._field_models()
            )
        )

    def _left_out(self):
        return self.env._("Left out of the schema plan.")

    def _drop_lines(self):
        """Drop what nothing takes any more: records may have the field elsewhere."""
        for line in self._lines():
            others = self.project_id.schema_item_ids.filtered(
                lambda item, line=line: (
                    item.kind == "field"
                    and item.action != "skip"
                    and item.vals["name"] == self.vals["name"]
                    and item.vals["model"] in line.object_id._field_models()
                )
            )
            if not others and line.fate in ("mapped", "transformed"):
                line.write(
                    {
                        "fate": "dropped",
                        "reason": self._left_out(),
                        "is_confirmed": True,
                    }
                )

    def _take_lines_in(self):
        for line in self._lines():
            if line.fate == "dropped" and line.reason == self._left_out():
                is_plain = line.transform == "text"
                line.write(
                    {
                        "fate": "mapped" if is_plain else "transformed",
                        "reason": self.reason,
                        "is_confirmed": True,
                    }
                )
