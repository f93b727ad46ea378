"""Whom in Odoo an owner of the source is: found by e-mail or name, or proposed."""

import base64
import re
from collections import defaultdict
from typing import NamedTuple

from rapidfuzz import fuzz

from odoo.tools import email_normalize_all

from ..keys import key_of

#: Likeness (0 to 100) from which a user is proposed; a person decides.
SIMILAR = 80
#: How much better than the next one a proposal must be.
CLEAR = 5
#: Ways in which a user is found without anybody having decided.
AUTOMATIC = ("email", "alias")


class Found(NamedTuple):
    """What a search for an owner's user came to.

    :param user: the user, or None
    :param method: a key of ``migration.owner.method``
    :param hint: whom the search came across, where it has no user
    """

    user: object
    method: str
    hint: str = ""


class UserIndex:
    """The internal users, by every address and name they go by; read once."""

    def __init__(self, project):
        self.env = project.env
        self.company = project.company_id
        users = self.env["res.users"].with_context(active_test=False)
        self.users = users.search([("share", "=", False)])
        administrators = self.users.filtered_domain(
            [("all_group_ids", "in", self.env.ref("base.group_system").id)]
        )
        self._logins = {}
        self._mails, self._plain = defaultdict(list), defaultdict(list)
        self._names = defaultdict(list)
        for user in self.users:
            self._logins[user.login.strip().lower()] = user
            for mail in self._mails_of(user):
                self._mails[mail].append(user)
            for mail in {plain_mail(mail) for mail in self._mails_of(user)}:
                self._plain[mail].append(user)
            if user not in administrators:
                # a name is no proof: nobody becomes an administrator by it
                self._names[key_of(user.name)].append(user)

    @staticmethod
    def _mails_of(user):
        """Return every address of a user; one field may hold several."""
        texts = {user.login, user.email, user.partner_id.email}
        return {
            mail.lower() for text in texts if text for mail in email_normalize_all(text)
        }

    def can_own(self, user):
        """Return whether a user may own records of the project's company."""
        return user.active and self.company in user.company_ids

    def find(self, email, name):
        """Return the :class:`Found` for an owner's e-mail and name."""
        email = (email or "").strip().lower()
        login = self._logins.get(email)
        tries = [
            ("email", [login] if login else []),
            ("email", self._mails.get(email, [])),
            ("alias", self._plain.get(plain_mail(email), []) if email else []),
            ("name", self._names.get(key_of(name), []) if name else []),
        ]
        first = None
        for method, users in tries:
            found = self._choose(method, users)
            if found and found.user:
                return found
            first = first or found
        return first or Found(None, "none")

    def _choose(self, method, users):
        """Return what is found among the users of one address or name."""
        able = [user for user in users if self.can_own(user)]
        if len(able) == 1:
            return Found(able[0], method)
        if able:
            logins = ", ".join(sorted(user.login for user in able))
            hint = self.env._("Several users: %s.", logins)
            return Found(None, "none", hint)
        if not users:
            return None
        user = next((user for user in users if user.active), users[0])
        hint = f"{user.name} ({user.login})"
        return Found(None, "no_access" if user.active else "archived", hint)

    def propose(self, email, name):
        """Return ``(user, likeness)`` of the one user who is near, or ``(None, 0)``."""
        words = "" if "@" in (name or "") else key_of(name)
        local = _local_words(email)
        scores = sorted(
            (
                (_likeness(words, local, user), user.id, user)
                for user in self.users
                if self.can_own(user)
            ),
            reverse=True,
        )
        if not scores or scores[0][0] < SIMILAR:
            return None, 0
        if len(scores) > 1 and scores[0][0] - scores[1][0] < CLEAR:
            return None, 0
        return scores[0][2], int(scores[0][0])


def _likeness(words, local, user):
    """Return how alike an owner and a user are, 0 to 100."""
    theirs = key_of(user.name)
    best = 0.0
    for own in filter(None, (words, local)):
        # a first name alone is weaker than a whole one
        best = max(
            best,
            fuzz.token_sort_ratio(own, theirs),
            0.9 * fuzz.token_set_ratio(own, theirs),
        )
    if local:
        best = max(best, fuzz.ratio(local, _local_words(user.login)))
        if local.replace(" ", "") in _short_names(theirs):
            best = max(best, 90.0)
    return best


def _short_names(name):
    """Return what mailboxes of a person are often called: ``mlopez``, ``marial``."""
    first, *_others = parts = name.split() or [""]
    last = parts[-1]
    if len(parts) < 2:
        return set()
    return {first[0] + last, first + last[0], last + first[0], first + last}


def _local_words(email):
    """Return the words before the @, without a +tag."""
    local = plain_mail((email or "").lower()).partition("@")[0]
    return " ".join(local.replace(".", " ").replace("_", " ").replace("-", " ").split())


def opaque_id(text):
    """Return a readable form of an owner's id, or "" if the text is a name.

    GraphQL servers often give ``VXNlcjo5OQ==``, which is ``User:99`` in base64.
    """
    try:
        plain = base64.b64decode(text, validate=True).decode("ascii")
    except ValueError:
        plain = ""
    if re.fullmatch(r"[A-Za-z_]+[:/ ]\w+", plain):
        return " ".join(re.split(r"[:/ ]", plain))
    is_id = re.fullmatch(r"[\w:/=-]+", text) and re.search(r"\d", text)
    return text if is_id else ""


def plain_mail(email):
    """Return an address without its +tag: it is the same mailbox."""
    local, at, domain = email.partition("@")
    return (
        f"{local.partition('+')[0]}{at}{domain}" if local.partition("+")[0] else email
    )
