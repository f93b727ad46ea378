"""Make custom models and fields from what an item of the schema plan says.

``vals`` of a field: ``model``, ``name``, ``ttype``, ``label``, and as its type asks
for it ``selection`` (``[[value, label], ...]`` in order), ``relation`` (model),
``relation_table`` with ``column1`` and ``column2``, ``relation_field``, ``on_delete``,
``currency_field``, ``help``, ``index``, ``readonly``.

``vals`` of a model: ``model``, ``label``, and as wanted ``order``, ``fields`` (dicts as
above without ``model``), ``access`` (``[[group, "rwcd"], ...]`` with the group or its
external id and the letters of what it may do) and ``records`` (values of records).
"""

from odoo.exceptions import UserError
from odoo.fields import Command

#: What goes into ``ir.model.fields`` under its own name.
_AS_IT_IS = (
    "help",
    "relation",
    "relation_table",
    "column1",
    "column2",
    "relation_field",
    "on_delete",
    "currency_field",
    "index",
    "readonly",
)
_RIGHTS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}


def tell_workers(env):
    """Let other processes take over the changed registry as soon as it is committed.

    A request does so at its end, a script or a batch of a long run would not.
    """
    env.cr.postcommit.add(env.registry.signal_changes)


def field_values(vals):
    """Return the values of the ``ir.model.fields`` record, but for its model."""
    values = {
        "name": vals["name"],
        "field_description": vals["label"],
        "ttype": vals["ttype"],
        "copied": vals.get("copied", False),
        **{name: vals[name] for name in _AS_IT_IS if vals.get(name)},
    }
    if vals.get("selection"):
        values["selection_ids"] = [
            Command.create({"value": value, "name": label, "sequence": place})
            for place, (value, label, *_rest) in enumerate(vals["selection"])
        ]
    return values


def make_fields(env, vals_list):
    """Create custom fields in one go: each call costs a set-up of the registry."""
    names = {vals["model"] for vals in vals_list}
    models = {name: env["ir.model"]._get_id(name) for name in names}
    for model, model_id in models.items():
        if not model_id:
            raise UserError(env._("Odoo has no model “%s” for its new fields.", model))
    tell_workers(env)
    return env["ir.model.fields"].create(
        [field_values(vals) | {"model_id": models[vals["model"]]} for vals in vals_list]
    )


def make_model(env, vals):
    """Create a custom model with its fields, access rights and records."""
    model = env["ir.model"].create(
        {
            "name": vals["label"],
            "model": vals["model"],
            "order": vals.get("order") or "id",
            "field_id": [
                Command.create(field_values(field)) for field in _fields(env, vals)
            ],
            "access_ids": [
                Command.create(
                    {
                        "name": f"{vals['model']} {name}",
                        "group_id": group.id,
                        **{
                            f"perm_{right}": letter in letters
                            for letter, right in _RIGHTS.items()
                        },
                    }
                )
                for name, group, letters in _rights(env, vals)
            ],
        }
    )
    if vals.get("records"):
        env[vals["model"]].create([dict(values) for values in vals["records"]])
    tell_workers(env)
    return model


def _rights(env, vals):
    for group, letters in vals.get("access", []):
        if isinstance(group, str):
            yield group, env.ref(group), letters
        else:
            yield group.full_name, group, letters


def _fields(env, vals):
    """Return the fields of a new model; one called ``x_name`` is its name."""
    fields = list(vals.get("fields", []))
    if not any(field["name"] == "x_name" for field in fields):
        name = {"name": "x_name", "ttype": "char", "label": env._("Name")}
        fields.insert(0, name | {"copied": True})
    return fields
