"""Definitions of Road Runner's custom properties."""

LONG_KEY = "condition_of_the_unit_at_the_last_visit_as_the_technician_described_it"
ODD_KEYS = ("Gate Code (north)", "größe_m²", LONG_KEY)
#: Same key in two namespaces.
TWIN_KEYS = ("crm:warranty_tier", "billing:warranty_tier")
#: A value that records have and the definition lists no more.
REMOVED_OPTION = "platinum"
TIERS = (("gold", "Gold"), ("silver", "Silver"), ("basic", "Basic"))
DAYS = (("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday")) + (
    ("thu", "Thursday"),
    ("fri", "Friday"),
)
DEFINITIONS = (
    ("contact", "crm:warranty_tier", "Warranty tier", "enum", TIERS),
    ("contact", "billing:warranty_tier", "Billing tier", "enum", TIERS),
    ("contact", "sq_ft", "Area", "integer", ()),
    ("contact", "visit_days", "Visit days", "multi_enum", DAYS),
    ("contact", "Gate Code (north)", "Gate code", "string", ()),
    ("contact", "größe_m²", "Größe", "number", ()),
    ("contact", LONG_KEY, "Condition", "text", ()),
    ("company", "account_code", "Account code", "string", ()),
    ("company", "sq_ft", "Area", "integer", ()),
    ("deal", "roof_access", "Roof access", "boolean", ()),
    ("task", "crew_size", "Crew size", "integer", ()),
    ("equipment", "tonnage", "Tonnage", "number", ()),
)


def definitions(store):
    for obj, key, label, kind, options in DEFINITIONS:
        store.add(
            "property_definition",
            {
                "object": obj,
                "key": key,
                "label": label,
                "type": kind,
                "options": [
                    {"value": v, "label": text, "position": i, "archived": False}
                    for i, (v, text) in enumerate(options, 1)
                ],
                "required": False,
                "default": None,
                "group": "Warranty" if "tier" in key else "Site",
                "help_text": "Tier sold with unit" if "tier" in key else "",
                "unit": "sq ft" if key == "sq_ft" else "",
                "max_length": 255 if kind == "string" else None,
                "is_archived": False,
                "updated_at": "2025-01-01T00:00:00Z",
            },
        )
