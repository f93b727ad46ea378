"""The languages that are installed in Odoo, by code or by name."""

from babel import Locale, UnknownLocaleError

from ...tools.fingerprint import fold

#: Languages in whose words sources name languages.
_SPOKEN = ("en", "de", "fr", "es", "it", "nl", "pt")


class Languages:
    """Finds an installed language; one that is not installed can be no contact's."""

    def __init__(self, env):
        self._codes, self._short, self._names = {}, {}, {}
        for lang in env["res.lang"].search([("active", "=", True)]):
            self._codes[_plain(lang.code)] = lang.code
            self._codes[_plain(lang.iso_code)] = lang.code
            short = lang.code.split("_")[0].lower()
            self._short.setdefault(short, []).append(lang.code)
            self._names[fold(lang.name)] = lang.code
            for name in _names_of(short):
                self._names.setdefault(name, short)

    def find(self, text):
        """Return the code of the installed language written as ``text``, or None.

        ``fr_FR``, ``fr-fr``, ``fr`` and ``Français`` are the same where one French is
        installed; with several, the one of the country that is named, else the
        language's own home (``de_DE``), else none is chosen.
        """
        plain = _plain(text)
        if plain in self._codes:
            return self._codes[plain]
        found = self._names.get(fold(text), plain.partition("_")[0])
        if found in self._codes.values():
            return found
        installed = self._short.get(found, [])
        if len(installed) == 1:
            return installed[0]
        home = f"{found}_{found.upper()}"
        return next((c for c in (home, "en_US") if c in installed), None)


def _plain(text):
    """Return a code such as ``fr-FR.UTF-8`` as ``fr_fr``."""
    return fold(text).partition(".")[0].replace("-", "_")


def _names_of(code):
    """Return what a language is called, in its own words and in some others'."""
    names = set()
    for spoken in {*_SPOKEN, code}:
        try:
            names.add(fold(Locale.parse(code).get_language_name(spoken)))
        except (UnknownLocaleError, ValueError):
            continue
    return names - {""}
