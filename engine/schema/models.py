"""Custom models for custom objects and forms: what is planned, and their windows."""

from lxml import etree

from ..map.kind_definitions import KindDefinitions
from ..map.names import settle_model

#: who may do what with the records of a custom model
ACCESS = [
    ["base.group_user", "r"],
    ["sales_team.group_sale_salesman", "rwc"],
    ["sales_team.group_sale_manager", "rwcd"],
]
#: the same where the administrator has chosen who works with them
_CHOSEN = [["crm_migration.group_crm_migration_manager", "rwcd"]]
#: menu entry under which the others stand, and the menu that holds it
ROOT_KEY, ROOT_PARENT = "_root", "crm.crm_menu_root"
#: fields that tell where a record came from: below the others
_ORIGIN = ("x_source_created_on", "x_source_updated_on")
#: fields of a list that are shown at once; the others can be chosen
_SHOWN = 6
_LONG = {"text", "html"}
_GROUPED = {"many2one", "selection", "boolean"}


class ModelPlanner:
    """Adds custom models and their windows to a schema plan.

    :param planner: the :class:`~.plan.SchemaPlanner` whose items these become
    """

    def __init__(self, planner):
        self.planner = planner
        self.project = planner.project
        self.env = planner.env
        self._definitions = KindDefinitions(self.project)

    def plan(self):
        """Plan one model for every object that becomes one."""
        objects = self.project.object_ids.filtered(
            lambda obj: obj.target == "custom" and obj.staged_count
        )
        for obj in objects:
            settle_model(obj)
            self._model(obj)
        if objects:
            label = self._root_label()
            self.planner._add(
                "window",
                ROOT_KEY,
                label,
                sequence=57,
                vals={"label": label},
                record_count=sum(objects.mapped("staged_count")),
                reason=self.env._("The menu under which the custom models stand."),
            )

    def _model(self, obj):
        definition = self._definitions.of(obj)
        lines = obj.mapping_line_ids.filtered(
            lambda line: (
                (line.target_field or "").startswith("x_")
                and line.fate in ("mapped", "transformed")
            )
        )
        shared = {"model": obj.target_model, "label": obj.label}
        self.planner._add(
            "model",
            obj.name,
            obj.label,
            vals=shared
            | {
                "access": ACCESS,
                "order": "x_name, id",
                "fields": self._own_fields(),
            },
            record_count=obj.staged_count,
            reason=self._reason(obj, definition, lines),
        )
        self.planner._add(
            "window",
            obj.name,
            obj.label,
            vals=shared | {"help": definition.help},
            record_count=obj.staged_count,
            reason=self.env._(
                "Form, list, search, menu and company rule of the model."
            ),
        )

    def _root_label(self):
        """Return the name of the menu; that of another project bears another one."""
        label = self.env._("Migrated Data")
        taken = self.env["ir.ui.menu"].search_count(
            [("parent_id", "=", self.env.ref(ROOT_PARENT).id), ("name", "=", label)],
            limit=1,
        )
        if not taken:
            return label
        return self.env._("Migrated Data (%s)", self.project.name)

    def _own_fields(self):
        """The fields that every custom model has."""
        return [
            {"name": "x_name", "ttype": "char", "label": self.env._("Name")},
            {
                "name": "x_company_id",
                "ttype": "many2one",
                "relation": "res.company",
                "label": self.env._("Odoo Company"),
                "index": True,
            },
        ]

    def _reason(self, obj, definition, lines):
        """Say what will be made, in the words of the administrator."""
        links = [
            f"{line.target_field} → {line._relation()}"
            for line in lines
            if line.new_field_type == "many2one"
        ]
        fields = [
            f"{line.target_field} ({line.new_field_type or 'char'})"
            for line in lines
            if line.new_field_type != "many2one"
        ]
        return self.env._(
            "%(model)s%(help)s. Fields: %(fields)s. Links: %(links)s. Rights: internal "
            "users read, salespeople write, sales managers delete, unless you choose "
            "one group that alone may.",
            model=obj.target_model,
            help=f" ({definition.help})" if definition.help else "",
            fields=", ".join(fields) or "-",
            links=", ".join(links) or "-",
        )


def rights_of(item):
    """Return ``[[group, letters], ...]`` of the model that an item makes."""
    if not item.group_id:
        return item.vals.get("access", [])
    return [[item.group_id, "rwc"], *_CHOSEN]


class WindowMaker:
    """Makes what people use a custom model with: rule, views, action, menu."""

    def __init__(self, project, vals):
        self.env = project.env
        self.model = vals["model"]
        self.label = vals["label"]
        self.help = vals.get("help") or ""
        fields = self.env[self.model]._fields.values()
        self._fields = sorted(
            (field for field in fields if field.name.startswith("x_")),
            key=lambda field: (field.type != "many2one", self._place(field)),
        )

    def _place(self, field):
        return self.env["ir.model.fields"]._get(self.model, field.name).id

    def make(self, parent_id):
        """Create all of it and return the records, the menu last."""
        action = self.env["ir.actions.act_window"].create(
            {
                "name": self.label,
                "res_model": self.model,
                "view_mode": "list,form",
                "help": self.help,
            }
        )
        rule = self.env["ir.rule"].create(
            {
                "name": f"{self.model}: multi-company",
                "model_id": self.env["ir.model"]._get_id(self.model),
                "domain_force": "[('x_company_id', 'in', company_ids + [False])]",
            }
        )
        views = [
            self.env["ir.ui.view"].create(
                {
                    "name": f"{self.model}.{kind}",
                    "model": self.model,
                    "arch": etree.tostring(arch, encoding="unicode"),
                }
            )
            for kind, arch in (
                ("form", self._form()),
                ("list", self._list()),
                ("search", self._search()),
            )
        ]
        menu = self.env["ir.ui.menu"].create(
            {
                "name": self.label,
                "parent_id": parent_id,
                "action": f"ir.actions.act_window,{action.id}",
            }
        )
        return [action, rule, *views, menu]

    def complete(self, views):
        """Add to the form and the list what the model has got since."""
        for view in views.filtered(lambda view: view.type in ("form", "list")):
            arch = etree.fromstring(view.arch_db)
            shown = {node.get("name") for node in arch.iter("field")}
            missing = self._names(but=shown)
            if not missing:
                continue
            place = arch
            if view.type == "form":
                place = etree.SubElement(arch.find("sheet"), "group")
            for name in missing:
                self._field(place, name)
                if view.type == "list":
                    place[-1].set("optional", "hide")
            view.arch_db = etree.tostring(arch, encoding="unicode")

    def _names(self, *kinds, but=()):
        return [
            field.name
            for field in self._fields
            if (not kinds or field.type in kinds)
            and field.name not in ("x_name", "x_company_id", *but)
        ]

    def _form(self):
        form = etree.Element("form")
        sheet = etree.SubElement(form, "sheet")
        title = etree.SubElement(sheet, "div", {"class": "oe_title"})
        # a placeholder alone is no name for who hears the page
        etree.SubElement(title, "label", {"for": "x_name"})
        heading = etree.SubElement(title, "h1")
        etree.SubElement(heading, "field", name="x_name", placeholder="Name")
        columns = etree.SubElement(sheet, "group")
        left, right = (etree.SubElement(columns, "group") for _side in "lr")
        long = self._names(*_LONG)
        others = [name for name in self._names(but=_ORIGIN) if name not in long]
        links = [name for name in others if name in self._names("many2one")]
        rest = [name for name in others if name not in links]
        # links to the left, the rest shared out so that both sides are as long
        half = max(0, (len(others) + 1) // 2 - len(links))
        for side, names in ((left, links + rest[:half]), (right, rest[half:])):
            for name in names:
                self._field(side, name)
        for name in long:
            self._field(etree.SubElement(sheet, "group"), name)
        origin = etree.SubElement(sheet, "group", name="crm_migration")
        for name in self._names():
            if name in _ORIGIN:
                etree.SubElement(origin, "field", name=name, readonly="1")
        etree.SubElement(
            origin, "field", name="x_company_id", groups="base.group_multi_company"
        )
        return form

    def _field(self, parent, name):
        options = {}
        field = self.env[self.model]._fields[name]
        if field.type == "many2many":
            options["widget"] = "many2many_tags"
        elif field.type == "many2one" and field.comodel_name == "res.users":
            options["widget"] = "many2one_avatar_user"
        etree.SubElement(parent, "field", name=name, **options)

    def _list(self):
        arch = etree.Element("list")
        etree.SubElement(arch, "field", name="x_name")
        names = [name for name in self._names(but=_ORIGIN) if name not in self._long()]
        for place, name in enumerate([*names, *self._long(), *_ORIGIN]):
            if name in self.env[self.model]._fields:
                shown = "show" if place < _SHOWN and name in names else "hide"
                self._field(arch, name)
                arch[-1].set("optional", shown)
        return arch

    def _long(self):
        return self._names(*_LONG)

    def _search(self):
        arch = etree.Element("search")
        for name in ("x_name", *self._names("char", "text", "many2one", "many2many")):
            etree.SubElement(arch, "field", name=name)
        fields = self.env[self.model]._fields
        for name in self._names("boolean"):
            label = fields[name].string or name
            etree.SubElement(
                arch,
                "filter",
                name=f"is_{name}",
                string=label,
                domain=str([(name, "=", True)]),
            )
        group = etree.SubElement(arch, "group")
        for name in self._names(*_GROUPED):
            etree.SubElement(
                group,
                "filter",
                name=f"by_{name}",
                string=fields[name].string or name,
                context=str({"group_by": name}),
            )
        if not len(group):
            arch.remove(group)
        return arch
