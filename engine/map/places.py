"""Countries and states by code or by the names people write, in any usual language."""

import functools
import gettext
import re
import unicodedata
from collections import defaultdict

import pycountry
from babel import Locale

from ...tools.fingerprint import fold

#: Languages in which country names are known: those of Odoo's users, by and large.
LANGUAGES = (
    *("en", "ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fr"),
    *("he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "pl"),
    *(
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "th",
        "tr",
        "uk",
        "vi",
        "zh",
        "zh_Hant",
    ),
)
#: Everyday spellings that are in no table.
COUNTRY_ALIASES = {
    "america": "US",
    "estados unidos de america": "US",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "uk": "GB",
    "holland": "NL",
    "uae": "AE",
    "brd": "DE",
    "ivory coast": "CI",
    "republic of ireland": "IE",
    "korea": "KR",
    "turkey": "TR",
    "burma": "MM",
    "swaziland": "SZ",
    "cape verde": "CV",
}
#: Spellings of states that differ from both Odoo's and the standard's.
STATE_ALIASES = {"US-DC": ("washington dc", "dc")}
#: Languages in which the standard's translations of states are read.
_STATE_LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pl", "pt")


class Places:
    """Look-up tables, read once a run and object, those of states when first asked.

    A name that means two places means none: nothing is guessed.
    """

    def __init__(self, env):
        self._ids, self._codes, names = {}, {}, defaultdict(set)
        for country in env["res.country"].search([]):
            self._ids[country.code] = country.id
            self._codes[country.id] = country.code
        for lang, _name in env["res.lang"].get_installed():
            for country in env["res.country"].with_context(lang=lang).search([]):
                names[plain(country.name)].add(country.code)
        self._names = {name: next(iter(c)) for name, c in names.items() if len(c) == 1}
        self._all_states = env["res.country.state"]

    @functools.cached_property
    def _states(self):
        """Look-up tables: what Odoo calls a state comes before what others call it."""
        tables = [defaultdict(set), defaultdict(set)]
        for state in self._all_states.search([]):
            self._add_state(tables, state)
        return tables

    @staticmethod
    def _add_state(tables, state):
        own, country = tables[0], state.country_id
        code = state.code.partition("-")[2] or state.code
        full = f"{country.code}-{code}"
        for name in (state.name, state.code, code):
            own[country.id, plain(name)].add(state.id)
        for name in (state.name, code, full):
            own[None, plain(name)].add(state.id)
        names = {plain(name) for name in _standard_names(full)}
        for name in {*names, *STATE_ALIASES.get(full, ())}:
            for where in (country.id, None):
                tables[1][where, name].add(state.id)

    def country(self, text):
        """Return the id of the country written as ``text``, or None."""
        key = plain(text)
        code = self._names.get(key) or _country_codes().get(key)
        return self._ids.get(code)

    def code(self, country_id):
        """Return the two letters of a country, "" without one."""
        return self._codes.get(country_id, "")

    def country_of(self, state_id):
        """Return the id of the country that a state belongs to."""
        return self._all_states.browse(state_id).country_id.id

    def state(self, text, country_id=None):
        """Return the id of the state; without a country only if there is but one."""
        for key in _readings(text):
            for states in self._states:
                found = states.get((country_id or None, key))
                if found:
                    return next(iter(found)) if len(found) == 1 else None
        return None


@functools.lru_cache(maxsize=1 << 14)
def plain(text):
    """Return a name without accents, dots, articles and case: ``U.S.A.`` is ``usa``."""
    text = unicodedata.normalize("NFKD", fold(text))
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = re.sub(r"(?<=\b\w)\.\s*(?=\w\b)", "", text)
    text = re.sub(r"\bst\b\.?", "saint", text.replace("&", " and "))
    text = re.sub(r"[^\w]+", " ", text).strip()
    return re.sub(r"^the ", "", text)


def _readings(text):
    """Yield the keys a state may be meant by: ``California (US)``, ``US-CA``."""
    yield plain(text)
    bare = re.sub(r"\s*[(,].*$", "", str(text or ""))
    if plain(bare):
        yield plain(bare)
    code = str(text or "").strip().partition("-")
    if len(code[0]) == 2 and code[2]:
        yield plain(code[2])


@functools.cache
def _country_codes():
    """Return ``{plain name: code}`` of all languages; shared names are left out."""
    found = defaultdict(set)
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found[plain(name)].add(code)
    for country in pycountry.countries:
        facts = dict(country)
        for kind in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            found[plain(facts.get(kind))].add(country.alpha_2)
    for name, code in COUNTRY_ALIASES.items():
        found[name] = {code}
    found.pop("", None)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


@functools.cache
def _standard_names(code):
    """Return what the standard and its translations call a state."""
    subdivision = pycountry.subdivisions.get(code=code)
    if not subdivision:
        return frozenset()
    names = {subdivision.name, *(t(subdivision.name) for t in _translations())}
    parts = {part for name in names for part in re.split(r"\s*[/\[\],]\s*", name)}
    return frozenset(parts - {""})


@functools.cache
def _translations():
    """Return one function a language that translates the name of a state."""
    return [
        gettext.translation(
            "iso3166-2", pycountry.LOCALES_DIR, languages=[language], fallback=True
        ).gettext
        for language in _STATE_LANGUAGES
    ]
