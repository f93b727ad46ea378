"""The order of the chatter, which Odoo shows by id and not by date."""

from collections import defaultdict

from odoo.tools import SQL

#: Begins the source object of crosswalk rows of stage changes and conversion notes.
PREFIX = "history:"
#: What a stage change is written with; see ``LeadHistory``.
_FIELDS = (
    "model",
    "res_id",
    "message_type",
    "subtype_id",
    "date",
    "author_id",
    "email_from",
    "reply_to",
    "message_id",
    "body",
)


def create_in_order(target, vals_list):
    """Create messages, with the stage changes of their opportunities in between.

    Stage changes are written with the opportunity, before any note. Those that are
    younger than a new note are made again after it, in the same transaction.

    :param vals_list: values of new messages, oldest first
    :returns: the messages of ``vals_list``, in its order
    """
    messages = target.env["mail.message"]
    moves = _younger_moves(target, vals_list)
    merged = _merge(vals_list, moves)
    made = messages.create([vals for _move, vals in merged])
    date_messages(target.project, made)
    if not moves:
        return made
    places = [move for move, _vals in merged]
    _replace(
        target.env,
        [(move, new.id) for move, new in zip(places, made, strict=True) if move],
    )
    return messages.browse(
        [new.id for move, new in zip(places, made, strict=True) if not move]
    )


def date_messages(project, messages):
    """Let messages be as old as they say, where the project keeps original dates."""
    if not project.keep_create_date:
        return
    messages.flush_recordset()
    messages.env.cr.execute(
        SQL(
            "UPDATE mail_message SET create_date = date WHERE id = ANY(%s)",
            messages.ids,
        )
    )
    messages.invalidate_recordset(["create_date"], flush=False)


def _younger_moves(target, vals_list):
    """Return ``{lead id: [stage change]}`` of those younger than a new message."""
    first = {}
    for vals in vals_list:
        if vals["model"] == "crm.lead":
            day = first.setdefault(vals["res_id"], vals["date"])
            first[vals["res_id"]] = min(day, vals["date"])
    if not first:
        return {}
    env = target.env
    ids = env.execute_query(
        SQL(
            "SELECT message.id FROM mail_message message JOIN migration_crosswalk link"
            " ON link.res_model = 'mail.message' AND link.res_id = message.id"
            " JOIN (SELECT unnest(%(leads)s) AS lead,"
            " unnest(%(days)s::timestamp[]) AS day) AS new"
            " ON new.lead = message.res_id AND message.date > new.day"
            " WHERE message.model = 'crm.lead' AND link.project_id = %(project)s"
            " AND starts_with(link.source_object, %(prefix)s) ORDER BY message.id",
            leads=list(first),
            days=list(first.values()),
            project=target.project.id,
            prefix=PREFIX,
        )
    )
    moves = defaultdict(list)
    for message in env["mail.message"].browse([row[0] for row in ids]):
        moves[message.res_id].append(message)
    return moves


def _merge(vals_list, moves):
    """Return ``[(stage change or None, values)]`` in the order of time."""
    last = {
        vals["res_id"]: place
        for place, vals in enumerate(vals_list)
        if vals["model"] == "crm.lead"
    }
    merged = []
    for place, vals in enumerate(vals_list):
        waiting = moves.get(vals["res_id"]) if vals["model"] == "crm.lead" else None
        while waiting and waiting[0].date <= vals["date"]:
            merged.append((waiting[0], _values(waiting.pop(0))))
        merged.append((None, vals))
        if waiting and last[vals["res_id"]] == place:
            merged += [(move, _values(move)) for move in waiting]
    return merged


def _values(message):
    return {
        name: message[name].id
        if message._fields[name].type == "many2one"
        else message[name]
        for name in _FIELDS
    }


def _replace(env, pairs):
    """Let tracking values and crosswalk follow to the new messages."""
    env.flush_all()
    old, new = [move.id for move, _new in pairs], [new for _move, new in pairs]
    for table, column, more in (
        ("mail_tracking_value", "mail_message_id", SQL("TRUE")),
        ("migration_crosswalk", "res_id", SQL("target.res_model = 'mail.message'")),
    ):
        env.cr.execute(
            SQL(
                "UPDATE %(table)s AS target SET %(column)s = pair.new"
                " FROM (SELECT unnest(%(old)s) AS old, unnest(%(new)s) AS new) AS pair"
                " WHERE target.%(column)s = pair.old AND %(more)s",
                table=SQL.identifier(table),
                column=SQL.identifier(column),
                old=old,
                new=new,
                more=more,
            )
        )
    for model in ("mail.message", "mail.tracking.value", "migration.crosswalk"):
        env[model].invalidate_model()
    env["mail.message"].browse(old).unlink()
