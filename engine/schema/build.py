"""Create what the confirmed schema plan lists."""

from lxml import etree

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ..map.associations import LABEL_MODEL
from ..map.definitions import option_of
from ..map.options import CODE, options_in_place
from ..undo.restore import alone, stamp_of
from .make import make_fields, make_model, tell_workers
from .models import ROOT_KEY, ROOT_PARENT, WindowMaker, rights_of
from .plan import VOCABULARIES
from .views import arch_of, missing_in


class SchemaBuilder:
    """Creates what the confirmed plan lists; running it again changes nothing."""

    def __init__(self, project, run=None):
        self.project = project
        self.env = project.env
        self.run = run

    def build(self, items=None):
        """Create every confirmed item that is not in place, in plan order."""
        items = self.project.schema_item_ids if items is None else items
        wanted = items.filtered(
            lambda item: (
                item.state != "done" and item.action != "skip" and item.is_confirmed
            )
        )
        for item in wanted.sorted("sequence"):
            if item.state == "done":
                # a field that was made together with the first one
                continue
            if item.kind == "field":
                self._make_fields(wanted.filtered(lambda i: i.kind == "field"))
                continue
            if item.kind == "setting":
                self._switch_on(item)
                continue
            if item.kind == "view":
                # a plan of an earlier version does not say which: it is made anew
                if "type" in item.vals:
                    self._build_view(item)
                continue
            record = getattr(self, f"_make_{item.kind}", self._make_word)(item)
            self._bind(item, record)
        for item in items.filtered(lambda i: i.kind == "window" and i.state == "done"):
            self._complete_window(item)
        for item in items.filtered(lambda i: i.kind == "view" and i.state == "done"):
            self._complete_view(item)

    def _switch_on(self, item):
        """Give every internal user a group, as Odoo's settings do; undone by values."""
        everybody = self.env.ref("base.group_user")
        before = {"implied_ids": sorted(everybody.implied_ids.ids)}
        before |= stamp_of(everybody)
        with alone(everybody, ["implied_ids"]):
            everybody._apply_group(self.env.ref(item.vals["group"]))
        after = {"implied_ids": sorted(everybody.implied_ids.ids)}
        is_new = after["implied_ids"] != before["implied_ids"]
        self._bind(item, everybody, is_new and (before, after))

    def _bind(self, item, record, change=None):
        """Remember what an item became.

        :param change: values before and after, of a record that existed
        """
        self._link(item, record, item.key, change)
        item.write({"state": "done", "res_model": record._name, "res_id": record.id})
        self.env["migration.log"]._record(
            self.project,
            self.run,
            [
                {
                    "operation": "schema",
                    "source_object": f"schema:{item.kind}",
                    "external_id": item.key,
                    "res_model": record._name,
                    "res_id": record.id,
                    "message": item.name,
                }
            ],
        )

    def _link(self, item, record, key, change=None):
        """Note what was made or changed for an item, so that it can be undone."""
        base = {"team_ids": record.team_ids.ids} if item.kind == "stage" else False
        is_made = item.action == "create" and item.kind != "setting"
        origin = "created" if is_made else "matched"
        previous, base = change or (False, base if is_made else False)
        self.env["migration.crosswalk"].create(
            {
                "project_id": self.project.id,
                "source_object": f"schema:{item.kind}",
                "external_id": key,
                "res_model": record._name,
                "res_id": record.id,
                "origin": origin,
                "run_id": self.run.id if self.run else False,
                "base_values": base,
                "previous_values": previous,
            }
        )

    def _reuse(self, item, model):
        """Return the existing record, or None: then a new one is made, and said so."""
        if item.action != "reuse":
            return None
        record = self.env[model].browse(item.res_id).exists()
        if not record:
            item.action = "create"
        return record or None

    def _make_word(self, item):
        model = VOCABULARIES[item.kind][0]
        vals = {"name": item.name}
        if item.kind == "task_stage":
            # without an owner, or it would be a personal stage
            vals = item.vals | {"name": item.name, "user_id": False}
        if item.vals.get("color"):
            vals["color"] = item.vals["color"]
        if item.kind == "equipment_category":
            company = self.project.company_id.id
            vals |= {"company_id": company, "technician_user_id": False}
        return self._reuse(item, model) or self.env[model].create(vals)

    def _make_association_label(self, item):
        found = self._reuse(item, LABEL_MODEL)
        if found:
            return found
        vals = {name: item.vals[name] for name in ("x_inverse", "x_usage")}
        return self.env[LABEL_MODEL].create({"x_name": item.name} | vals)

    def _make_team(self, item):
        return self._reuse(item, "crm.team") or self.env["crm.team"].create(
            {
                "name": item.name,
                "company_id": self.project.company_id.id,
                "user_id": False,
                "use_opportunities": True,
                "use_leads": True,
            }
        )

    def _make_stage(self, item):
        found = self._reuse(item, "crm.stage")
        if found:
            return found
        links = self.project._schema_links()
        vals = item.vals
        return self.env["crm.stage"].create(
            {
                "name": item.name,
                "sequence": vals["sequence"],
                "is_won": vals["is_won"],
                "fold": vals["fold"],
                "rotting_threshold_days": vals.get("rotting_days", 0),
                "team_ids": [(6, 0, [links["team", vals["team"]]])],
            }
        )

    def _make_fields(self, items):
        """Make the fields that do not exist yet, all of them at once."""
        missing = items.browse()
        for item in items.sorted("sequence"):
            field = self._field_in_place(item)
            if field:
                item.action = "reuse"
                self._bind(item, field)
            else:
                missing |= item
        # the label is the item's own: a person may have changed it
        fields = make_fields(
            self.env, [item.vals | {"label": item.name} for item in missing]
        )
        for item, field in zip(missing, fields, strict=True):
            self._bind(item, field)

    def _field_in_place(self, item):
        """Return the field if it is there already; one of another type is no match."""
        vals = item.vals
        field = self.env["ir.model.fields"]._get(vals["model"], vals["name"])
        if field and field.ttype != vals["ttype"]:
            raise UserError(
                self.env._(
                    "%(model)s has a field %(name)s of another type (%(found)s, not "
                    "%(wanted)s): choose another name on the map.",
                    model=vals["model"],
                    name=vals["name"],
                    found=field.ttype,
                    wanted=vals["ttype"],
                )
            )
        return field

    def _make_model(self, item):
        """Make a custom model with all that its item says of it."""
        vals = item.vals
        model = self.env["ir.model"].search([("model", "=", vals["model"])])
        if model:
            item.action = "reuse"
            return model
        rights = {"access": rights_of(item)}
        return make_model(self.env, vals | rights | {"label": item.name})

    def _make_window(self, item):
        """Make menu and views of a custom model; each of them can be undone."""
        parent = self.env.ref(ROOT_PARENT).id
        root = self.project._schema_links().get(("window", ROOT_KEY), parent)
        if item.key == ROOT_KEY:
            vals = {"name": item.name, "parent_id": parent, "sequence": 90}
            return self.env["ir.ui.menu"].create(vals)
        vals = item.vals | {"label": item.name}
        *others, menu = WindowMaker(self.project, vals).make(root)
        for place, record in enumerate(others):
            self._link(item, record, f"{item.key}#{place}")
        return menu

    def _complete_window(self, item):
        """Show fields that the model got after its views were made."""
        links = (
            self.env["migration.crosswalk"]
            .search(
                [
                    ("project_id", "=", self.project.id),
                    ("source_object", "=", "schema:window"),
                    ("res_model", "=", "ir.ui.view"),
                ]
            )
            .filtered(lambda link: link.external_id.rpartition("#")[0] == item.key)
        )
        views = self.env["ir.ui.view"].browse(links.mapped("res_id")).exists()
        if views and item.vals["model"] in self.env:
            WindowMaker(self.project, item.vals).complete(views)

    def _make_option(self, item):
        """Give a pick-list that exists one more value."""
        vals = item.vals
        field = self.env[vals["model"]]._fields[vals["name"]]
        tell_workers(self.env)
        if vals.get("relation"):
            values = {"x_name": item.vals["label"], CODE: vals["value"]}
            known = self.env[vals["relation"]]._fields
            return self.env[vals["relation"]].create(
                {name: value for name, value in values.items() if name in known}
            )
        present = options_in_place(self.env, field)
        row = self.env["ir.model.fields"]._get(vals["model"], vals["name"])
        if option_of(vals["value"], present) is not None:
            item.action = "reuse"
            return row.selection_ids.filtered(
                lambda option: option.value == option_of(vals["value"], present)
            )
        return self.env["ir.model.fields.selection"].create(
            {
                "field_id": row.id,
                "value": vals["value"],
                "name": vals["label"],
                "sequence": len(present),
            }
        )

    # -- views -------------------------------------------------------------------------

    def _shown(self, model):
        """Return the items of the fields of ``model`` that are in place."""
        return self.project.schema_item_ids.filtered(
            lambda item: (
                item.kind == "field"
                and item.state == "done"
                and item.vals["model"] == model
            )
        ).sorted(lambda item: (item.vals.get("group") or "", item.name))

    def _build_view(self, item):
        """Make a view of ours; one that does not fit any more stops nothing else.

        The view that it extends may have been changed by a person or a new version.
        """
        vals = item.vals
        arch = arch_of(vals["type"], self._shown(vals["model"]), self.project)
        try:
            with mute_logger("odoo.addons.base.models.ir_ui_view"):
                with self.env.cr.savepoint():
                    view = self.env["ir.ui.view"].create(
                        {
                            "name": f"{vals['model']}.{vals['type']}"
                            f".crm_migration.{self.project.id}",
                            "model": vals["model"],
                            "inherit_id": vals["inherit_id"],
                            "arch": arch,
                            "priority": 99,
                        }
                    )
        except (ValueError, UserError) as error:
            item.write({"state": "failed", "error": str(error)[:500]})
            return
        tell_workers(self.env)
        item.error = False
        self._bind(item, view)

    def _complete_view(self, item):
        """Show the fields that came later in a view that is there already."""
        views = self.env["ir.ui.view"].with_context(lang=None)
        view = views.browse(item.res_id).exists()
        missing = missing_in(view, self._shown(item.vals["model"])) if view else None
        if not missing:
            return
        more = etree.fromstring(arch_of(view.type, missing, self.project))
        try:
            with mute_logger("odoo.addons.base.models.ir_ui_view"):
                with self.env.cr.savepoint():
                    view.arch_db = _joined(view.arch_db, more)
        except (ValueError, UserError) as error:
            item.error = str(error)[:500]
        tell_workers(self.env)


def _joined(arch, more):
    """Return an arch with the fields that another one of the same kind shows.

    A person may have rearranged the first: what is there stays where it is.
    """
    tree = etree.fromstring(arch)
    source, target = more.find("xpath"), tree.find("xpath")
    if target is None:
        return arch
    page = target.find("page")
    if page is not None:
        source, target = source.find("page"), page
    target.extend(list(source))
    return etree.tostring(tree, encoding="unicode")
