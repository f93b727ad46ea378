"""Match the source's owners to Odoo users before anything moves."""

from collections import Counter

from ..tools.converters import split_multi
from ..tools.fingerprint import fold


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
        self._by_email, self._by_name = {}, {}
        for user in users:
            for text in (user.login, user.email):
                if text:
                    self._by_email.setdefault(text.strip().lower(), user)
            self._by_name.setdefault(fold(user.name), []).append(user)

    def match(self):
        """Create or refresh one row per owner; a choice made by hand is kept."""
        members = self._staff()
        for value, count in self._named().items():
            key = fold(value)
            member = next((m for m in members if key in m["keys"]), None)
            if member is None:
                email = value if "@" in value else ""
                member = _member(value, email)
                members.append(member)
            member["record_count"] += count
        known = {owner.key: owner for owner in self.project.owner_ids}
        for member in members:
            self._store(member, known.get(member["keys"][0]))
        self._report()

    def _store(self, member, owner):
        keys = member.pop("keys")
        vals = self._vals(member) | {"alias_keys": keys[1:]}
        if not owner:
            vals |= {"project_id": self.project.id, "key": keys[0]}
            self.env["migration.owner"].create(vals)
        elif owner.method == "manual":
            owner.write({"record_count": vals["record_count"]})
        else:
            owner.write(vals)

    def _named(self):
        """Return ``{source value: records}`` over all owner and author fields."""
        counts = Counter()
        lines = self.project.mapping_line_ids.filtered(
            lambda line: line.transform in ("owner", "author")
        )
        for line in lines:
            values = self.engine.distinct(line.object_id, line.source_field)
            for value, count in values:
                for name in split_multi(value):
                    counts[name] += count
        return counts

    def _staff(self):
        """Return the staff the source lists, each known by e-mail and by name."""
        obj = self.project._object("staff")
        if not obj:
            return []
        headers = {
            line.target_field: line.source_field for line in obj.mapping_line_ids
        }
        members = []
        for record in obj.staged_record_ids:

            def get(name, data=record.payload):
                return str(data.get(headers.get(name)) or "").strip()

            name = get("_name") or f"{get('_first_name')} {get('_last_name')}".strip()
            members.append(_member(name, get("_email"), get("_status")))
        return members

    def _vals(self, member):
        user, method = self._find(member)
        return member | {"user_id": user.id if user else False, "method": method}

    def _find(self, member):
        user, method = self._by_email.get(member["email"].lower()), "email"
        if not user:
            namesakes = self._by_name.get(fold(member["name"]), [])
            user = namesakes[0] if len(namesakes) == 1 else None
            method = "name"
        if not user:
            return None, "none"
        if not user.active:
            return None, "archived"
        if self.project.company_id not in user.company_ids:
            return None, "no_access"
        return user, method

    def _report(self):
        self._report_users()
        self.engine.findings(
            "profile",
            [
                {
                    "code": f"owner_{owner.method}",
                    "severity": "2_warning",
                    "source_object": "staff",
                    "field": "Email",
                    "value": owner.email or owner.name,
                    "message": self.env._(
                        "%(why)s: %(count)s records go to the fallback user "
                        "%(fallback)s, unless you choose another user on the owner "
                        "board.",
                        why=dict(
                            owner._fields["method"]._description_selection(self.env)
                        )[owner.method],
                        count=owner.record_count,
                        fallback=self.project.fallback_user_id.name,
                    ),
                }
                for owner in self.project.owner_ids
                if not owner.user_id and owner.record_count
            ],
        )

    def _report_users(self):
        """List the Odoo users that nobody in the source is."""
        matched = self.project.owner_ids.user_id
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
                    "source_object": "staff",
                    "field": "Email",
                    "value": user.login,
                    "message": self.env._(
                        "The Odoo user %s is nobody in the source.", user.name
                    ),
                }
                for user in users
            ],
        )


def _member(name, email, status=False):
    """Return one owner of the source before it is matched."""
    keys = [fold(text) for text in (email, name) if text]
    return {
        "name": name,
        "email": email,
        "source_status": status,
        "record_count": 0,
        "keys": list(dict.fromkeys(keys)) or ["?"],
    }
