"""Placeholders of another system's templates, as Odoo's template engines write them.

A subject is an inline template (``{{ object.name }}``), a body is QWeb
(``<t t-out="object.name"/>``). Only expressions of this module end up in either:
whatever else the source wrote stays text, as Odoo runs what stands in a template.
"""

import re
from functools import partial

from lxml import etree, html
from markupsafe import Markup

from ...tools.fingerprint import normalise_header

#: what the source calls it -> expression on the contact whom the template is sent to
EXPRESSIONS = {
    "client first name": "(object.name or '').partition(' ')[0]",
    "client last name": "(object.name or '').rpartition(' ')[2]",
    "client name": "object.name",
    "client email": "object.email",
    "client phone": "object.phone",
    "client city": "object.city",
    "client country": "object.country_id.name",
    "client organization": "object.parent_id.name",
    "coach name": "object.user_id.name",
    "coach email": "object.user_id.email",
    "coach phone": "object.user_id.phone",
    "practice name": "user.company_id.name",
    "practice email": "user.company_id.email",
    "practice phone": "user.company_id.phone",
    "practice website": "user.company_id.website",
}
#: other words for the first and for the last part of a name above
_WHO = {
    "client": ("contact", "customer", "recipient", "lead", "member", ""),
    "coach": ("owner", "author", "therapist", "practitioner", "clinician", "sender"),
    "practice": ("company", "business", "organisation", "account"),
}
_WHAT = {
    "name": ("full name", "fullname"),
    "first name": ("firstname", "given name"),
    "last name": ("lastname", "surname", "family name"),
    "email": ("e mail", "email address", "mail"),
    "phone": ("phone number", "telephone"),
    "organization": ("organisation", "company"),
}
_MARK = re.compile(
    r"\{\{\s*(?P<name>[^{}|]{1,80}?)\s*(?:\|(?P<rest>[^{}]{0,200}))?\}\}"
)
#: braces that could join with others to something that is run
_BRACES = re.compile(r"\{\{|\}\}|#\{|\{$|^\}")
_DEFAULT = re.compile(
    r"""\s*default\s*:?\s*\(?\s*["']?([\w ,.!-]{0,60})["']?\s*\)?\s*"""
)


def _spellings():
    for name, expression in EXPRESSIONS.items():
        who, _blank, what = name.partition(" ")
        for first in (who, *_WHO[who]):
            for last in (what, *_WHAT.get(what, ())):
                yield " ".join(filter(None, (first, last))), expression


_KNOWN = {name: expression for name, expression in reversed(list(_spellings()))}
_KNOWN |= EXPRESSIONS


def expression_of(name):
    """Return Odoo's expression for a placeholder of the source, or None."""
    return _KNOWN.get(normalise_header(name))


class Translation:
    """Translates the texts of one template; ``unknown`` collects what has no match."""

    def __init__(self):
        self.unknown = []

    def subject(self, text):
        """Return an inline template."""
        return self._replace(text or "", lambda found: f"{{{{ {found} }}}}", _plain)

    def body(self, text):
        """Return QWeb of a body in HTML."""
        if not (text or "").strip():
            return Markup()
        root = html.fragment_fromstring(text, create_parent="div")
        for node in list(root.iter()):
            if not isinstance(node.tag, str):
                node.drop_tree()  # comments may hold anything
            elif node is not root and (node.tag == "t" or ":" in node.tag):
                node.drop_tag()
        for node in list(root.iter()):
            self._attributes(node)
            self._texts(node)
        inner = "".join(
            [
                _escaped(root.text),
                *(etree.tostring(child, encoding="unicode") for child in root),
            ]
        )
        return Markup(inner)

    def _expression(self, match):
        name = match["name"].strip()
        found = expression_of(name)
        if found is None:
            if name not in self.unknown:
                self.unknown.append(name)
            return None
        default = _DEFAULT.fullmatch(match["rest"] or "")
        return f"{found} or '{default[1]}'" if default and default[1] else found

    def _replace(self, text, known, plain):
        """Return ``text`` with known placeholders by ``known``, the rest as text."""
        parts, last = [], 0
        for match in _MARK.finditer(text):
            parts.append(plain(text[last : match.start()]))
            found = self._expression(match)
            shown = f"[{match['name'].strip()}]"
            parts.append(known(found) if found else plain(shown))
            last = match.end()
        return "".join([*parts, plain(text[last:])])

    def _attributes(self, node):
        for name, value in list(node.attrib.items()):
            if name.startswith("t-"):
                del node.attrib[name]
            elif _MARK.search(value):
                self._attribute(node, name, value)

    def _attribute(self, node, name, value):
        expressions = [self._expression(match) for match in _MARK.finditer(value)]
        if all(expressions):
            known = partial("{{{{{0}}}}}".format)
            node.attrib[f"t-attf-{name}"] = self._replace(value, known, _plain)
            del node.attrib[name]
        elif name in ("href", "src"):
            node.attrib[name] = "#"
        else:
            node.attrib[name] = self._replace(value, lambda _found: "", _plain)

    def _texts(self, node):
        """Put ``<t t-out>`` nodes where texts of a node have placeholders."""
        if node.text:
            node.text, made = self._split(node.text)
            for position, child in enumerate(made):
                node.insert(position, child)
        if node.tail and node.getparent() is not None:
            parent = node.getparent()
            node.tail, made = self._split(node.tail)
            place = parent.index(node) + 1
            for position, child in enumerate(made):
                parent.insert(place + position, child)

    def _split(self, text):
        """Return the text before the first known placeholder, and the nodes after."""
        before, nodes, last = "", [], 0

        def add(piece):
            nonlocal before
            if nodes:
                nodes[-1].tail = (nodes[-1].tail or "") + piece
            else:
                before += piece

        for match in _MARK.finditer(text):
            add(text[last : match.start()])
            found = self._expression(match)
            if found:
                nodes.append(etree.Element("t", {"t-out": found}))
            else:
                add(f"[{match['name'].strip()}]")
            last = match.end()
        add(text[last:])
        return before, nodes


def _plain(text):
    """Take from a text what an inline template would run, also beside our own."""
    if _BRACES.search(text):
        return text.replace("{", "(").replace("}", ")")
    return text


def _escaped(text):
    return str(Markup.escape(text or ""))
