"""Keeping credentials out of everything that a person or a log gets to see."""

import base64
import json
import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

MASK = "***"
#: Shorter ones are masked as whole words only: they would tear other words apart.
SHORT = 4
#: Loggers of the transport that write out URLs, and so keys sent in the query.
_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")


def redact(text: str, secrets: Mapping[str, str] | Iterable[str]) -> str:
    """Return a text with every secret masked, in each form that travels."""
    values = secrets.values() if isinstance(secrets, Mapping) else secrets
    forms = {form for value in values if value for form in _forms(str(value))}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= SHORT:
            text = text.replace(form, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
    return text


def _forms(value: str) -> set[str]:
    return {
        value,
        value.strip(),
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
    } - {""}


class Vault:
    """The secrets of one session; says nothing about itself.

    Tokens that are fetched on the way join those the session began with.
    """

    def __init__(self, values: Iterable[str]):
        self._values = {str(value) for value in values if value}

    def __repr__(self) -> str:
        return f"Vault({len(self._values)} secrets)"

    def __reduce__(self):
        raise TypeError("secrets are not written anywhere")

    def add(self, value: str) -> None:
        """Take up another secret."""
        self._values = self._values | {value}

    def redact(self, text: str) -> str:
        """Return a text with every secret masked."""
        return redact(text, self._values)


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
