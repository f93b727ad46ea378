"""Match the source's owners to Odoo users before anything moves."""

from collections import Counter

from odoo.tools import SQL

from ...tools.converters import split_multi, to_boolean
from ..keys import clean_id, key_of
from ..values import cell_text
from .users import UserIndex

#: Figures of a row that follow the source also where a person has decided.
_FIGURES = ("record_count", "deal_count", "open_value", "value_note")


class OwnerMatcher:
    """Builds the owner board: every owner named anywhere, with the user found."""

    def __init__(self, engine, deals):
        """:param deals: the :class:`~.deals.OpenDeals` of the project"""
        self.engine = engine
        self.deals = deals
        self.env = engine.env
        self.project = engine.project
        self.users = UserIndex(self.project)
        #: what an owner has at stake: {key of the board: [deals, value, {code: value}]}
        self._stakes = {}
        self._ids = {}

    def match(self):
        """Create or refresh one row per owner; a choice made by hand is kept."""
        self._forget_findings()
        members = self._staff()
        aliases = {
            alias: member
            for member in members.values()
            for alias in member["alias_keys"]
        }
        places, deals = {}, {}
        for (text, email, name), count, place in self._named():
            member = self._member_of(text, email, name, members, aliases)
            member["record_count"] += count
            places.setdefault(_key(member), place)
            line = place[0]
            if line not in deals:
                deals[line] = self._deals_of(line)
            self._stake(_key(member), deals[line].pop(text, None))
        known = {owner.key: owner for owner in self.project.owner_ids}
        for key, member in members.items():
            self._store(key, member, known.pop(key, None))
        self._forget(known.values())
        self._report(places)
        self._report_users()

    def _forget_findings(self):
        """What an earlier look at the owners found is found again, or is over."""
        methods = self.env["migration.owner"]._fields["method"].get_values(self.env)
        codes = ["user_without_owner", *(f"owner_{method}" for method in methods)]
        self.engine.clear(
            "migration.finding", ("phase", "=", "profile"), ("code", "in", codes)
        )

    def _deals_of(self, line):
        """Return the open deals of a line by the first owner each of them names."""
        found = {}
        rows = self.deals.by_owner(line) if line.transform == "owner" else {}
        for text, (count, value, others) in rows.items():
            first = next(iter(split_multi(text)), "")
            deals, total, rest = found.get(first, (0, 0.0, Counter()))
            found[first] = (deals + count, total + value, rest + others)
        return found

    def _stake(self, key, stake):
        if stake:
            deals, value, others = self._stakes.get(key, (0, 0.0, Counter()))
            self._stakes[key] = (
                deals + stake[0],
                value + stake[1],
                others + Counter(stake[2]),
            )

    def _member_of(self, text, email, name, members, aliases):
        """Return the owner that a record names; one that nobody listed is new."""
        identity, key = owner_alias(text), key_of(text)
        member = self._ids.get(identity)
        if member is None:
            member = members.get(key) or aliases.get(key)
        if member is None:
            fresh = _member(name or text, email or (text if "@" in text else ""))
            member = members.setdefault(_key(fresh), fresh)
            if email or name:
                # the record itself says whom the id means
                self._ids[identity] = member
        if identity in self._ids and identity not in member["alias_keys"]:
            member["alias_keys"].append(identity)
        return member

    def _store(self, key, member, owner):
        vals = self._vals(member)
        if not owner:
            vals |= {"project_id": self.project.id, "key": key}
            self.env["migration.owner"].create(vals)
        elif owner._is_decided():
            owner.write({name: vals[name] for name in _FIGURES})
        else:
            owner.write(vals)

    def _forget(self, owners):
        """Take off the board whom the source no longer names."""
        for owner in owners:
            if owner._is_decided():
                owner.write(dict.fromkeys(_FIGURES, False))
            else:
                owner.unlink()

    def _named(self):
        """Yield ``((text, e-mail, name), records, (line, staged id))`` of owner fields.

        A live source may give the owner's e-mail and name beside the id.
        """
        lines = self.env["migration.mapping.line"].search(
            [
                ("project_id", "=", self.project.id),
                ("transform", "in", ("owner", "author")),
            ]
        )
        for line in lines:
            leaves = [f"{line.source_field}.{leaf}" for leaf in ("email", "name")]
            if set(leaves) & set(line.object_id.field_names or []):
                for *names, count, first in self._described(line, leaves):
                    yield names, count, (line, first)
                continue
            values = self.engine.distinct(line.object_id, line.source_field)
            for value, count, first in values:
                for text in split_multi(value):
                    yield (text, "", ""), count, (line, first)

    def _described(self, line, leaves):
        """Return ``[(id, e-mail, name, records, first staged id)]``."""
        id_, email, name = map(cell_text, [line.source_field, *leaves])
        return self.env.execute_query(
            SQL(
                "SELECT %(id)s, COALESCE(max(%(email)s), ''),"
                " COALESCE(max(%(name)s), ''), count(*), min(id)"
                " FROM migration_staged_record"
                " WHERE object_id = %(object)s AND %(id)s <> ''"
                " GROUP BY 1 ORDER BY 4 DESC, 1 LIMIT 20000",
                id=id_,
                email=email,
                name=name,
                object=line.object_id.id,
            )
        )

    def _staff_object(self):
        return self.project.object_ids.filtered(lambda obj: obj.target == "owner")[:1]

    def _staff(self):
        """Return ``{key: member}`` of the staff the source lists.

        Staff are known by id, by e-mail and by name; a name that two of them share
        stands for neither.
        """
        obj = self._staff_object()
        headers = {
            line.target_field: line.source_field for line in obj.mapping_line_ids
        }
        members = {}
        for record in obj.staged_record_ids:
            payload = record.payload

            def get(name, payload=payload):
                return str(payload.get(headers.get(name)) or "").strip()

            name = get("_name") or f"{get('_first_name')} {get('_last_name')}".strip()
            status = get("_status") or _activity(payload.get(headers.get("_is_active")))
            fresh = _member(name, get("_email"), status)
            key = _key(fresh)
            if key:
                member = members.setdefault(key, fresh)
                identity = owner_alias(record.external_id)
                self._ids[identity] = member
                if identity not in member["alias_keys"]:
                    # a stage history names people who own nothing
                    member["alias_keys"].append(identity)
                if name and key_of(name) not in (key, *member["alias_keys"]):
                    member["alias_keys"].append(key_of(name))
        shared = Counter(a for member in members.values() for a in member["alias_keys"])
        for member in members.values():
            member["alias_keys"] = [a for a in member["alias_keys"] if shared[a] == 1]
        return members

    def _vals(self, member):
        deals, value, others = self._stakes.get(_key(member), (0, 0.0, {}))
        left_out = ", ".join(f"{amount:,.2f} {code}" for code, amount in others.items())
        found = find_user(self.users, member["email"], member["name"])
        return (
            member
            | found
            | {
                "deal_count": deals,
                "open_value": value,
                "value_note": left_out
                and self.env._("Not in the sum, without a rate: %s.", left_out),
            }
        )

    def _report(self, places):
        """List the owners whose records go to the fallback user, and where one is."""
        methods = dict(
            self.env["migration.owner"]
            ._fields["method"]
            ._description_selection(self.env)
        )
        rows = []
        for owner in self.project.owner_ids:
            is_name = owner.method == "name"
            if owner.user_id and not is_name or not owner.record_count:
                continue
            if owner.key not in places or owner.method == "fallback":
                continue
            line, staged_id = places[owner.key]
            record = self.env["migration.staged.record"].browse(staged_id)
            rows.append(
                {
                    "code": f"owner_{owner.method}",
                    "severity": "2_warning",
                    "source_object": line.object_id.name,
                    "external_id": record.external_id,
                    "file": record.source_file,
                    "line": record.source_line,
                    "field": line.source_field,
                    "value": owner.email or owner.name,
                    "message": self._name_message(owner)
                    if is_name
                    else self.env._(
                        "%(why)s: the records (%(count)s) go to the fallback user "
                        "%(fallback)s, unless you choose another user on the owner "
                        "board.",
                        why=methods[owner.method],
                        count=owner.record_count,
                        fallback=self.project.fallback_user_id.name,
                    ),
                }
            )
        self.engine.findings("profile", rows)

    def _name_message(self, owner):
        return self.env._(
            "Only the full name says that this is %(user)s (%(login)s), who gets the "
            "records (%(count)s): confirm it on the owner board, or choose another "
            "user.",
            user=owner.user_id.name,
            login=owner.user_id.login,
            count=owner.record_count,
        )

    def _report_users(self):
        """List the Odoo users that nobody in the source is."""
        staff = self._staff_object()
        email = staff.mapping_line_ids.filtered(
            lambda line: line.target_field == "_email"
        )[:1]
        users = users_without_owner(self.project)
        self.engine.findings(
            "profile",
            [
                {
                    "code": "user_without_owner",
                    "severity": "3_info",
                    "source_object": staff.name,
                    "field": email.source_field,
                    "value": user.login,
                    "message": self.env._(
                        "The Odoo user %s is nobody in the source.", user.name
                    ),
                }
                for user in users
            ],
        )


def users_without_owner(project):
    """Return the active internal users that nobody in the source is."""
    return project.env["res.users"].search(
        [
            ("share", "=", False),
            ("active", "=", True),
            ("company_ids", "in", project.company_id.ids),
            ("id", "not in", project.owner_ids.user_id.ids),
        ]
    )


def find_user(users, email, name):
    """Return what the board says of an owner's user, as values of its row.

    :param users: the :class:`~.users.UserIndex` of the project
    """
    found = users.find(email, name)
    proposed, score = (None, 0) if found.user else users.propose(email, name)
    return {
        "user_id": found.user.id if found.user else False,
        "method": found.method,
        "hint": found.hint,
        "proposed_user_id": proposed.id if proposed else False,
        "proposed_score": score,
    }


def match_again(project, is_named=False):
    """Look for the users of owners who have none, or whom somebody has archived.

    A user may have been created since the source was staged. What a person decided
    stays.

    :param is_named: whether the full name counts as well; else only the e-mail does
    :return: the rows that have a user now and had none
    """
    users, fresh = UserIndex(project), project.owner_ids.browse()
    for owner in project.owner_ids:
        if owner._is_decided() or (owner.user_id and users.can_own(owner.user_id)):
            continue
        vals = find_user(users, owner.email, owner.name)
        if vals["method"] == "name" and not is_named and not owner.user_id:
            continue
        if any(owner[name] != vals[name] for name in ("method", "hint")) or (
            owner.user_id.id != vals["user_id"]
        ):
            owner.write(vals)
        if owner.user_id:
            fresh |= owner
    return fresh


def owner_alias(external_id):
    """Return the alias of an owner's id in the source.

    Ids are exact, the board's keys are folded: two ids may differ in case only.
    """
    return key_of(f"id:{clean_id(external_id).encode().hex()}")


def _activity(value):
    """Return the status word of a source that only says who is active."""
    try:
        is_active = to_boolean(value)
    except ValueError:
        return False
    return {True: "active", False: "inactive"}.get(is_active, False)


def _member(name, email, status=False):
    """Return one owner of the source before it is matched."""
    return {
        "name": name,
        "email": email,
        "source_status": status,
        "record_count": 0,
        "alias_keys": [key_of(name)] if email and name and name != email else [],
    }


def _key(member):
    """Return what an owner is known by: the e-mail, else the name."""
    return key_of(member["email"] or member["name"])
