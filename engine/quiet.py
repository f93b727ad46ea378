"""What a migration must not set off, and the count that proves it did not."""

QUIET_KEY = "crm_migration_quiet"

#: Context under which every record of a run is written. Each key switches off one
#: side effect of mail, base or crm (see ``mail.thread`` for the mail keys).
QUIET_CONTEXT = {
    QUIET_KEY: True,
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
    "mail_notrack": True,
    "mail_activity_quick_update": True,
    "mail_activity_automation_skip": True,
    "mail_auto_subscribe_no_notify": True,
    # images arrive byte for byte, not resized
    "image_no_postprocess": True,
    # HTML and SVG files of a stranger must never be served as such
    "attachments_mime_plainxml": True,
    # partner addresses are what the source says, not what the parent has
    "_partners_skip_fields_sync": True,
    "active_test": False,
}

#: Tables that stand for "somebody was told or subscribed", by the name shown.
SIDE_EFFECTS = {
    "mail.mail": "e-mails",
    "mail.notification": "notifications",
    "mail.followers": "followers",
    "mail.activity": "activities",
    "crm.lead.scoring.frequency": "lead scoring rows",
}


def count_side_effects(env):
    """Return ``{model: count}`` for every table of :data:`SIDE_EFFECTS`."""
    counts = {}
    for model in SIDE_EFFECTS:
        if model in env:
            counts[model] = (
                env[model].sudo().with_context(active_test=False).search_count([])
            )
    counts["crm.lead.scoring.frequency:sum"] = int(
        sum(
            row.won_count + row.lost_count
            for row in env["crm.lead.scoring.frequency"].sudo().search([])
        )
    )
    return counts
