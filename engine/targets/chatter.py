"""The order of the chatter, which Odoo shows by id and not by date."""

from collections import defaultdict

from odoo.tools import SQL

#: Begins the source object of crosswalk rows of stage changes and conversion notes.
PREFIX = "history:"
#: Ends that of the lines that tell of activities which were done.
TOLD = ":done"
#: What such a line is written with; see ``LeadHistory`` and ``ActivityTarget``.
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
    "is_internal",
    "mail_activity_type_id",
)


def create_in_order(target, vals_list):
    """Create messages, with what was told before of their records in between.

    Stage changes are written with the opportunity, and what was done with its task,
    before any note. Those that are younger than a new note are made again after it,
    in the same transaction.

    :param vals_list: values of new messages
    :returns: the messages of ``vals_list``, in its order
    """
    order = sorted(range(len(vals_list)), key=lambda place: vals_list[place]["date"])
    made = _create(target, [vals_list[place] for place in order])
    ids = dict(zip(order, made.ids, strict=True))
    return made.browse([ids[place] for place in range(len(vals_list))])


def _create(target, vals_list):
    """Create messages that are given in the order of time."""
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


def _place(vals):
    return vals["model"], vals["res_id"]


def _younger_moves(target, vals_list):
    """Return ``{(model, id): [message]}`` of those younger than a new message."""
    first = {}
    for vals in vals_list:
        day = first.setdefault(_place(vals), vals["date"])
        first[_place(vals)] = min(day, vals["date"])
    if not first:
        return {}
    env = target.env
    ids = env.execute_query(
        SQL(
            "SELECT message.id FROM mail_message message JOIN migration_crosswalk link"
            " ON link.res_model = 'mail.message' AND link.res_id = message.id"
            " JOIN (SELECT unnest(%(models)s) AS model, unnest(%(ids)s) AS id,"
            " unnest(%(days)s::timestamp[]) AS day) AS new"
            " ON new.model = message.model AND new.id = message.res_id"
            " AND message.date > new.day"
            " WHERE link.project_id = %(project)s"
            " AND (starts_with(link.source_object, %(prefix)s)"
            " OR right(link.source_object, %(length)s) = %(told)s)"
            " ORDER BY message.date, message.id",
            models=[model for model, _id in first],
            ids=[res_id for _model, res_id in first],
            days=list(first.values()),
            project=target.project.id,
            prefix=PREFIX,
            told=TOLD,
            length=len(TOLD),
        )
    )
    moves = defaultdict(list)
    for message in env["mail.message"].browse([row[0] for row in ids]):
        moves[message.model, message.res_id].append(message)
    return moves


def _merge(vals_list, moves):
    """Return ``[(message to be made again or None, values)]`` in order of time."""
    last = {_place(vals): number for number, vals in enumerate(vals_list)}
    merged = []
    for number, vals in enumerate(vals_list):
        waiting = moves.get(_place(vals))
        while waiting and waiting[0].date <= vals["date"]:
            merged.append((waiting[0], _values(waiting.pop(0))))
        merged.append((None, vals))
        if waiting and last[_place(vals)] == number:
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
