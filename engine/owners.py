"""Match the source's owners to Odoo users before anything moves."""

from collections import Counter

from odoo.tools import SQL

from ..tools.converters import split_multi, to_boolean
from .keys import clean_id, key_of
from .values import cell_text


class OwnerMatcher:
    """Builds the owner board: every owner named anywhere, with the user found."""

    def __init__(self, engine):
        self.engine = engine
        self.env = engine.env
        self.project = engine.project
        users = (
            self.env["res.users"]
            .with_context(active_test=False)
            .search([("share", "=", False)])
        )
        self._by_email, self._by_name, self._ids = {}, {}, {}
        for user in users:
            for text in (user.login, user.email):
                if text:
                    self._by_email.setdefault(text.strip().lower(), user)
            if not user.has_group("base.group_system"):
                # a name is no proof: nobody becomes an administrator by it
                self._by_name.setdefault(key_of(user.name), []).append(user)

    def match(self):
        """Create or refresh one row per owner; a choice made by hand is kept."""
        members = self._staff()
        aliases = {
            alias: member
            for member in members.values()
            for alias in member["alias_keys"]
        }
        places = {}
        for (text, email, name), count, place in self._named():
            member = self._member_of(text, email, name, members, aliases)
            member["record_count"] += count
            places.setdefault(_key(member), place)
        known = {owner.key: owner for owner in self.project.owner_ids}
        for key, member in members.items():
            self._store(key, member, known.pop(key, None))
        self._forget(known.values())
        self._report(places)
        self._report_users()

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
        elif owner.method == "manual":
            owner.write({"record_count": vals["record_count"]})
        else:
            owner.write(vals)

    def _forget(self, owners):
        """Take off the board whom the source no longer names."""
        for owner in owners:
            if owner.method == "manual":
                owner.record_count = 0
            else:
                owner.unlink()

    def _named(self):
        """Yield ``((text, e-mail, name), records, (line, staged id))`` of owner fields.

        A live source may give the owner's e-mail and name beside the id.
        """
        lines = self.project.mapping_line_ids.filtered(
            lambda line: line.transform in ("owner", "author")
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
        user, method = self._find(member)
        return member | {"user_id": user.id if user else False, "method": method}

    def _find(self, member):
        user, method = self._by_email.get(member["email"].lower()), "email"
        if not user:
            namesakes = self._by_name.get(key_of(member["name"]), [])
            user = namesakes[0] if len(namesakes) == 1 else None
            method = "name"
        if not user:
            return None, "none"
        if not user.active:
            return None, "archived"
        if self.project.company_id not in user.company_ids:
            return None, "no_access"
        return user, method

    def _report(self, places):
        """List the owners whose records go to the fallback user, and where one is."""
        methods = dict(
            self.env["migration.owner"]
            ._fields["method"]
            ._description_selection(self.env)
        )
        rows = []
        for owner in self.project.owner_ids:
            if owner.user_id or not owner.record_count:
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
                    "message": self.env._(
                        "%(why)s: %(count)s records go to the fallback user "
                        "%(fallback)s, unless you choose another user on the owner "
                        "board.",
                        why=methods[owner.method],
                        count=owner.record_count,
                        fallback=self.project.fallback_user_id.name,
                    ),
                }
            )
        self.engine.findings("profile", rows)

    def _report_users(self):
        """List the Odoo users that nobody in the source is."""
        matched = self.project.owner_ids.user_id
        staff = self._staff_object()
        email = staff.mapping_line_ids.filtered(
            lambda line: line.target_field == "_email"
        )[:1]
        users = self.env["res.users"].search(
            [
                ("share", "=", False),
                ("active", "=", True),
                ("id", "not in", matched.ids),
            ]
        )
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
