"""What the schema plan needs for contacts that become leads."""

from ..structure.lone_contacts import LoneContacts


def plan_leads(planner):
    """Add the tags that leads need, and the menu in which people see leads."""
    for obj in planner.project.object_ids.filtered(lambda obj: obj.target == "contact"):
        ids = LoneContacts(obj).lead_ids
        if not ids:
            continue
        for line in planner._mapped_lines():
            if line.object_id == obj and line.transform == "tags":
                for word, count in planner._tags(line, ids):
                    if word.strip():
                        planner._word("tag", word.strip(), count, line)
        plan_lead_menu(planner, len(ids))


def plan_lead_menu(planner, count):
    """Offer to switch on Odoo's setting Leads, without which no menu shows them."""
    env = planner.env
    everybody, leads = env.ref("base.group_user"), env.ref("crm.group_use_lead")
    is_on = leads in everybody.all_implied_ids
    planner._add(
        "setting",
        "leads",
        env._("Leads in the CRM menu"),
        vals={"group": "crm.group_use_lead"},
        res_model="res.groups",
        res_id=everybody.id if is_on else False,
        action="reuse" if is_on else "create",
        record_count=count,
        reason=env._("Leads are switched on already.")
        if is_on
        else env._(
            "Odoo shows leads only while its setting “Leads” is on. Left out, they are "
            "there, but in no menu."
        ),
    )
