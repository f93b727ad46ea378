"""Where custom fields show: a tab of the form, columns of lists, search views."""

from lxml import etree

from ...tools.converters import printable

#: model -> [(name of the view that is extended, the plan's words for it)]
VIEWS = {
    "res.partner": (
        ("base.view_partner_form", "form"),
        ("base.view_partner_tree", "list"),
        ("base.view_res_partner_filter", "search"),
    ),
    "crm.lead": (
        ("crm.crm_lead_view_form", "form"),
        ("crm.crm_case_tree_view_oppor", "list"),
        ("crm.crm_case_tree_view_leads", "list"),
        ("crm.view_crm_case_opportunities_filter", "search"),
        ("crm.view_crm_case_leads_filter", "search"),
    ),
    "project.project": (
        ("project.edit_project", "form"),
        ("project.view_project", "list"),
        ("project.view_project_project_filter", "search"),
    ),
    "project.task": (
        ("project.view_task_form2", "form"),
        ("project.project_task_view_tree_main_base", "list"),
        ("project.view_task_search_form_base", "search"),
    ),
    "maintenance.equipment": (
        ("maintenance.hr_equipment_view_form", "form"),
        ("maintenance.hr_equipment_view_tree", "list"),
        ("maintenance.hr_equipment_view_search", "search"),
    ),
}
#: Types by whose values people look for records, group or filter them.
_SEARCHED = {"char", "selection", "many2one", "many2many", "text"}
_GROUPED = {"selection", "many2one", "many2many", "boolean", "date", "datetime"}
#: Says which projects know a record: a tab shows on the records of its project, and
#: on those that people made, who may want to fill it.
MARK = "crm_migration_projects"
_WIDGETS = {"many2many": "many2many_tags"}
#: The only widgets of a view of ours: others run code, or read more than the value.
_SHOWN_AS = {"url", "email", "phone", *_WIDGETS.values()}


def views_of(env, model):
    """Yield ``(key, view, label)`` of the views of ``model`` that get custom fields.

    A view that somebody has deleted is left out; the key of the form is the model.
    """
    for name, kind in VIEWS.get(model, ()):
        view = env.ref(name, raise_if_not_found=False)
        if not view or view.type != kind:
            continue
        label = {
            "form": env._("Tab on %s", env[model]._description),
            "list": env._("Columns of “%s”", view.name),
            "search": env._("Search in “%s”", view.name),
        }[kind]
        yield (model if kind == "form" else f"{model}|{name}"), view, label


def arch_of(kind, items, project):
    """Return the arch that shows the fields of ``items`` in a view of that type.

    :param items: schema items of custom fields that are in place
    """
    items = readable_ones(items)
    data = etree.Element("data")
    if kind == "form":
        node = etree.SubElement(data, "xpath", expr="//notebook", position="inside")
        if items:
            _tab(node, items, project)
    elif kind == "list":
        node = etree.SubElement(data, "xpath", expr="//list", position="inside")
        for item in items:
            if item.vals["ttype"] != "html":
                _field(node, item, optional="hide")
    else:
        node = etree.SubElement(data, "xpath", expr="//search", position="inside")
        _search(node, items, project)
    return etree.tostring(data, encoding="unicode")


def _field(parent, item, **attributes):
    vals = item.vals
    widget = vals.get("widget") or _WIDGETS.get(vals["ttype"])
    if widget in _SHOWN_AS:
        attributes["widget"] = widget
    return etree.SubElement(parent, "field", name=vals["name"], **attributes)


def _tab(node, items, project):
    """A page with one group for each group that the source has its properties in."""
    others = (
        project.env["migration.project"]
        .sudo()
        .search_count(
            [
                ("id", "!=", project.id),
                ("schema_item_ids.kind", "=", "view"),
                ("schema_item_ids.state", "=", "done"),
            ],
            limit=1,
        )
    )
    title = project.env._("Migrated Data")
    if others:
        title = project.env._("Migrated Data (%s)", printable(project.name))
    page = etree.SubElement(
        node, "page", name=f"crm_migration_{project.id}", string=title
    )
    if MARK in project.env[items[:1].vals["model"]]._fields:
        page.set("invisible", f"{MARK} and ',{project.id},' not in {MARK}")
    groups, long = {}, []
    for item in items:
        if item.vals["ttype"] in ("html", "text"):
            long.append(item)
        else:
            groups.setdefault(item.vals.get("group") or "", []).append(item)
    outer = etree.SubElement(page, "group")
    for title in sorted(groups):
        group = etree.SubElement(outer, "group", **({"string": title} if title else {}))
        for item in groups[title]:
            _field(group, item)
    wide = etree.SubElement(page, "group") if long else None
    for item in long:
        _field(wide, item, colspan="2")


def _search(node, items, project):
    for item in items:
        if item.vals["ttype"] in _SEARCHED:
            etree.SubElement(node, "field", name=item.vals["name"])
    prefix = f"crm_migration_{project.id}"
    for item in items:
        name, ttype = item.vals["name"], item.vals["ttype"]
        if ttype in ("boolean", "date", "datetime"):
            etree.SubElement(node, "separator")
            place = {"domain": f"[('{name}', '=', True)]"}
            if ttype != "boolean":
                place = {"date": name}
            etree.SubElement(
                node, "filter", name=f"{prefix}_{name}", string=item.name, **place
            )
    grouped = [item for item in items if item.vals["ttype"] in _GROUPED]
    group = etree.SubElement(node, "group", name=prefix) if grouped else None
    for item in grouped:
        name = item.vals["name"]
        etree.SubElement(
            group,
            "filter",
            name=f"{prefix}_by_{name}",
            string=item.name,
            context=f"{{'group_by': '{name}'}}",
        )


def unmark(env):
    """Let the tabs show on all records, as the field that decides goes away."""
    views = env["ir.ui.view"].with_context(lang=None, active_test=False)
    for view in views.search([("arch_db", "ilike", MARK)]):
        arch = etree.fromstring(view.arch_db)
        for node in arch.iter("page"):
            if MARK in node.get("invisible", ""):
                del node.attrib["invisible"]
        view.arch_db = etree.tostring(arch, encoding="unicode")


def readable_ones(items):
    """Leave out what is for programs: a person reads the text beside it."""
    return items.filtered(lambda item: item.vals["ttype"] != "json")


def missing_in(view, items):
    """Return the items whose field the view does not show yet."""
    shown = {node.get("name") for node in etree.fromstring(view.arch_db).iter("field")}
    return readable_ones(items).filtered(lambda i: i.vals["name"] not in shown)
