"""What contacts share with their company, in values: Odoo's own sync is off.

See ``_fields_sync`` in ``models/res_partner.py``.
"""

from ..edits import find_edits
from ..undo.change_book import ChangeBook
from ..undo.restore import stamp_of

ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")
#: Odoo calls them commercial fields: they are those of the company.
COMMERCIAL = ("vat", "company_registry", "industry_id")


def _read(partner, names):
    links = ("state_id", "country_id", "industry_id")
    return {n: partner[n].id if n in links else partner[n] or False for n in names}


def address_of(partner):
    """Return the address as values for write(), every field of it."""
    return _read(partner, ADDRESS)


def facts_of(company):
    """Return ``(address, commercial values)`` that the contacts of a company share."""
    return address_of(company), _read(company.commercial_partner_id, COMMERCIAL)


def joining(partner, company, vals):
    """Return the values that go with joining a company, beside ``vals``.

    A contact keeps what it has, and with an address of its own it becomes type
    "Other", which Odoo leaves alone; what is empty is the company's.

    :param vals: what is written to the contact at the same time
    """
    address, commercial = facts_of(company)
    own = address_of(partner) | {n: vals[n] for n in ADDRESS if n in vals}
    more = {}
    if partner.type == "contact":
        if not any(own.values()):
            more |= {name: value for name, value in address.items() if value}
        elif own != address:
            more["type"] = "other"
    if not partner.is_company:
        has = _read(partner, COMMERCIAL)
        more |= {n: v for n, v in commercial.items() if v and not has[n]}
    if partner.company_name:
        # no free text beside a real company: Odoo empties it
        more["company_name"] = False
    return {name: value for name, value in more.items() if name not in vals}


def changing(partner, old, new):
    """Return what a contact takes over when it goes from one company to another."""
    return _following(partner, facts_of(old), facts_of(new))


class CompanyChanges:
    """Lets contacts follow their companies, as Odoo does when a person edits one.

    A value moves with the company where the contact had the company's: what is its
    own, and what a person has entered since, stays.
    """

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self._before = {}

    def remember(self, partner, vals):
        """Note what a partner shares before ``vals`` are written to it."""
        if not vals.keys().isdisjoint((*ADDRESS, *COMMERCIAL)):
            self._before.setdefault(partner.id, facts_of(partner))

    def carry_on(self, run):
        """Bring the contacts of what was noted up to date, all in one go.

        Returns the crosswalk rows of those of ours, for the log.
        """
        before, self._before = self._before, {}
        changed = self.env["migration.crosswalk"]
        seen = set()
        while before:
            seen |= before.keys()
            links, before = self._one_level(before, run)
            changed |= links
            # contacts may have contacts of their own; circles end here
            before = {one: facts for one, facts in before.items() if one not in seen}
        return changed

    def _one_level(self, before, run):
        partners = self.env["res.partner"]
        children = partners.search([("parent_id", "in", list(before))])
        written, below = {}, {}
        for child in children:
            company = child.parent_id
            vals = _following(child, before[company.id], facts_of(company))
            if vals:
                written[child] = vals
                below[child.id] = facts_of(child)
        links = self._links(written)
        edits = find_edits(self.env, "res.partner", links)
        book = ChangeBook(self.env)
        book.look(links)
        stamps = {
            link: stamp_of(partners.browse(link.res_id))
            for link in links
            if link.origin == "matched" and not link.previous_values
        }
        had = {child: _read(child, vals) for child, vals in written.items()}
        groups = {}
        for child, vals in written.items():
            groups.setdefault(tuple(vals.items()), []).append(child.id)
        for items, ids in groups.items():
            partners.browse(ids).write(dict(items))
        for link in links:
            child = partners.browse(link.res_id)
            vals = _stored(written[child])
            left = link.left_values or {}
            row = {
                "base_values": (link.base_values or {}) | vals,
                "left_values": {n: v for n, v in left.items() if n not in vals},
                "edit_reason": edits.get(child.id) or False,
                "run_id": run.id,
            }
            kept = link.previous_values or stamps.get(link)
            if kept:
                row["previous_values"] = _stored(had[child]) | kept
            link.write(row)
            book.note(link)
        book.flush()
        return links, below

    def _links(self, partners):
        """Return one crosswalk row for each of ours, that of its creation first."""
        rows = self.env["migration.crosswalk"].search(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", "res.partner"),
                ("res_id", "in", [partner.id for partner in partners]),
                ("source_object", "in", self._names()),
            ],
            order="origin, id",
        )
        first = {}
        for row in rows:
            first.setdefault(row.res_id, row)
        return rows.browse([row.id for row in first.values()])

    def _names(self):
        return self.project.object_ids.filtered(
            lambda obj: obj.target in ("partner", "contact")
        ).mapped("name")


def carry_people_along(project, partner, before):
    """Let contacts that people have put under a partner follow it; return them.

    For a company of which former values were put back: contacts of ours have notes of
    their own.

    :param before: :func:`facts_of` the partner before that
    """
    children = partner.child_ids
    ours = project.env["migration.crosswalk"].search(
        [
            ("project_id", "=", project.id),
            ("res_model", "=", "res.partner"),
            ("res_id", "in", children.ids),
        ]
    )
    followers = children.browse()
    now = facts_of(partner)
    for child in children.filtered(lambda one: one.id not in ours.mapped("res_id")):
        had = facts_of(child)
        if vals := _following(child, before, now):
            child.write(vals)
            followers |= child
            followers |= carry_people_along(project, child, had)
    return followers


def _following(child, before, now):
    """Return what a contact takes over from its company, which has changed."""
    (address, commercial), (new_address, new_commercial) = before, now
    vals = {}
    if child.type == "contact" and address_of(child) == address:
        vals |= new_address
    if not child.is_company:
        has = _read(child, COMMERCIAL)
        vals |= {n: v for n, v in new_commercial.items() if has[n] == commercial[n]}
    has = _read(child, vals)
    return {name: value for name, value in vals.items() if value != has[name]}


def _stored(vals):
    """Return values for write() of address and commercial fields as plain JSON."""
    return {name: value or None for name, value in vals.items()}
