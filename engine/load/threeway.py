"""Base, source and Odoo, field by field: who changed what, and where they disagree."""

from dataclasses import dataclass, field

from odoo.fields import Command

from ..values import is_sanitised


@dataclass(frozen=True)
class Unit:
    """Fields that only make sense together: a decision is taken for all of them.

    ``mains`` are what people and sources change, the first one names the unit;
    ``followers`` are what Odoo counts from them and nobody decides on.
    """

    mains: tuple
    followers: frozenset = frozenset()

    @property
    def names(self):
        """All fields of the unit."""
        return {*self.mains, *self.followers}


@dataclass
class Comparison:
    """What is to be written, where the base moves silently, and what is disputed.

    ``write`` has values as for write(), ``moved`` holds names whose base becomes what
    the source says without a write, ``disputes`` is ``{main field: [field, ...]}``.
    """

    write: dict = field(default_factory=dict)
    moved: set = field(default_factory=set)
    disputes: dict = field(default_factory=dict)


class ThreeWay:
    """Compares the values of one record.

    :param record: the Odoo record
    :param base: portable values that we wrote, per field
    :param left: the same with what Odoo made of them
    :param now: portable values that stand there
    :param fresh: portable values that the source says
    :param vals: the same as for write()
    :param is_edited: whether a person wrote to the record after us
    """

    def __init__(self, record, base, left, now, fresh, vals, is_edited):
        self.record = record
        self.fields = record._fields
        self.base, self.left, self.now = base, left, now
        self.fresh, self.vals, self.is_edited = fresh, vals, is_edited
        #: fields that the source has changed
        self.changed = {name for name in fresh if not self._is_same(name)}
        #: fields that Odoo no longer has as we left them
        self.theirs = {name for name in now if self._is_theirs(name)}

    def _is_same(self, name):
        """Whether the source still says what we wrote."""
        fresh, base = self.fresh[name], self.base.get(name)
        if fresh == base:
            return True
        field = self.fields[name]
        if field.type != "html" or not fresh or not base:
            return False
        # the base of a text with markup is what sanitising made of it
        if str(field.convert_to_column(fresh, self.record)) == base:
            return True
        # and where an image became an attachment, nobody can make it again
        return "<img" in base and is_sanitised(field, base, fresh)

    def _is_theirs(self, name):
        if name in self.left:
            return self.now[name] != self.left[name]
        # never written by us: Odoo's own default, or what a person put there
        return self.is_edited and self.now[name] not in (None, False, 0, [])

    def compare(self, units=()):
        """Return the :class:`Comparison`; ``units`` are disputed as a whole."""
        found = Comparison()
        disputed = set()
        for name in self.changed:
            if self.fields[name].type == "many2many":
                found.write[name] = [Command.set(self._merged(name))]
            elif name not in self.theirs:
                found.write[name] = self.vals[name]
            elif self.now[name] == self.fresh[name]:
                found.moved.add(name)
            else:
                disputed.add(name)
        for unit in units:
            self._settle_unit(unit, found, disputed)
        found.disputes |= {name: [name] for name in disputed}
        return found

    def _merged(self, name):
        """Take over what the source added and removed; people's own stays."""
        base, fresh = {*(self.base.get(name) or [])}, {*(self.fresh[name] or [])}
        now = {*(self.now.get(name) or [])}
        return sorted((now | (fresh - base)) - (base - fresh))

    def _settle_unit(self, unit, found, disputed):
        mains = {*unit.mains}
        agreed = {name for name in mains & found.moved}
        people = (self.theirs & mains) - agreed
        if people and (self.changed & mains) - agreed:
            names = [name for name in self.fresh if name in unit.names & self.changed]
            names += [name for name in unit.mains if name in people - {*names}]
            found.disputes[self._main_of(unit, names)] = names
            for name in names:
                found.write.pop(name, None)
            found.moved -= {*names}
        else:
            for name in disputed & unit.followers:
                if not people:
                    found.write[name] = self.vals[name]
        disputed -= unit.names

    @staticmethod
    def _main_of(unit, names):
        return next(name for name in unit.mains if name in names)
