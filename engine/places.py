"""Countries and states by code or by the names people write."""

from ..tools.fingerprint import fold

#: Everyday spellings that are in no country table.
COUNTRY_ALIASES = {
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "holland": "NL",
    "the netherlands": "NL",
    "uae": "AE",
    "czech republic": "CZ",
    "deutschland": "DE",
    "españa": "ES",
    "schweiz": "CH",
    "suisse": "CH",
    "österreich": "AT",
    "italia": "IT",
    "brasil": "BR",
}


class Places:
    """Look-up tables, read once a batch engine."""

    def __init__(self, env):
        self._countries = {}
        for country in env["res.country"].with_context(lang="en_US").search([]):
            self._countries[fold(country.name)] = country.id
            self._countries[fold(country.code)] = country.id
        for alias, code in COUNTRY_ALIASES.items():
            self._countries.setdefault(alias, self._countries.get(fold(code)))
        self._states, self._any_state = {}, {}
        for state in env["res.country.state"].search([]):
            for text in (state.code, state.name):
                key = fold(text)
                self._states[state.country_id.id, key] = state.id
                self._any_state.setdefault(key, set()).add(state.id)

    def country(self, text):
        """Return the id of the country written as ``text``, or None."""
        return self._countries.get(fold(text))

    def state(self, text, country_id=None):
        """Return the id of the state; without a country only if there is but one."""
        if country_id:
            return self._states.get((country_id, fold(text)))
        found = self._any_state.get(fold(text), set())
        return next(iter(found)) if len(found) == 1 else None
