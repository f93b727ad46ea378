"""Keeping credentials out of everything that a person or a log gets to see."""

import base64
import json
import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

MASK = "***"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: Shorter ones are masked as whole words only: they would tear other words apart.
SHORT = 4
#: What is not secret in itself is masked from this length on.
LONG = 6
#: From this length on no text holds a key by chance.
UNIQUE = 16
#: Entered values that are names rather than keys.
NAMES = ("username", "client_id")
#: Loggers of the transport that write out URLs, and so keys sent in the query.
_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")


def redact(text: str, secrets: Mapping[str, str] | Iterable[str]) -> str:
    """Return a text with every secret masked, in each form that travels."""
    values = secrets.values() if isinstance(secrets, Mapping) else secrets
    return _masked(text, _forms(values))


def _masked(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        if len(form) >= SHORT:
            text = text.replace(form, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
    return text


def _forms(values: Iterable[str]) -> list[str]:
    """Return what secrets look like on their way, the longest first."""
    forms = {form for value in values if value for form in _ways(str(value))}
    return sorted(forms - {""}, key=len, reverse=True)


def _ways(value: str) -> tuple[str, ...]:
    return (
        value,
        value.strip(),
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
    )


class Vault:
    """The secrets of one session; says nothing about itself.

    All that was entered is masked; keys alone are looked for in addresses, where a
    user name may well stand. Tokens that are fetched on the way join the keys.
    """

    def __init__(self, secrets: Mapping[str, str]):
        self._values: dict[str, bool] = {}  # value -> whether it is a key
        self._keys: list[str] = []
        self._hidden: list[str] = []
        self._repeated: list[bytes] = []
        for name, value in secrets.items():
            if name in NAMES:
                self.hide(value)
            elif value:
                self.add(str(value))

    def __repr__(self) -> str:
        return "Vault(***)"

    def __reduce__(self):
        raise TypeError("secrets are not written anywhere")

    def add(self, value: str) -> None:
        """Take up another key."""
        self._take_up(value, True)

    def hide(self, value: str) -> None:
        """Mask a value that is no key, if it is long enough not to tear words."""
        if value and len(value) >= LONG:
            self._take_up(value, self._values.get(value, False))

    def _take_up(self, value: str, is_key: bool) -> None:
        self._values = {**self._values, value: is_key}
        self._keys = _forms(text for text, key in self._values.items() if key)
        self._hidden = _forms(self._values)
        self._repeated = [
            form.encode()
            for form in self._keys
            if len(form) >= UNIQUE and not form.isdigit()
        ]

    def redact(self, text: str) -> str:
        """Return a text with every secret masked, as any database can take it."""
        return _UNSTORABLE.sub("�", _masked(text, self._hidden))

    def blank(self, content: bytes) -> bytes:
        """Return an answer without the keys that the source repeats in it.

        Some give the key back with the account, and records are shown to people who
        may not see it. Short keys and numbers may well be data.
        """
        for form in self._repeated:
            content = content.replace(form, MASK.encode())
        return content

    def is_in(self, text: str) -> bool:
        """Tell whether a key stands in a text."""
        return any(len(key) >= SHORT and key in text for key in self._keys)


class QuietLogs(logging.Filter):
    """Masks secrets in what the transport logs."""

    def __init__(self, vault: Vault):
        super().__init__()
        self._vault = vault

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._vault.redact(record.getMessage())
        record.args = ()
        return True

    def install(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)
