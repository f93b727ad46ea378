"""What the body of an error says, in the many ways that sources word them."""

from collections.abc import Iterator, Mapping
from typing import Any

_CODES = ("code", "errorType", "category", "policyName", "policy")


def is_word(value: Any) -> bool:
    """Tell whether a value says something to a person."""
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def same(found: Any, wanted: Any) -> bool:
    """Compare a value with a rule's; vendors change the case of their words."""
    if isinstance(found, str) and isinstance(wanted, str):
        return found.lower() == wanted.lower()
    return type(found) is type(wanted) and found == wanted


def _envelopes(data: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a body that may describe an error."""
    if not isinstance(data, Mapping):
        return
    yield data
    errors = data.get("errors")
    inner = errors if isinstance(errors, list) else [data.get("error")]
    for entry in inner[:20]:
        if isinstance(entry, Mapping):
            yield entry
            if isinstance(entry.get("extensions"), Mapping):
                yield entry["extensions"]


def codes_in(data: Any) -> Iterator[str]:
    """Yield the codes of a body that may say what went wrong."""
    for envelope in _envelopes(data):
        for key in _CODES:
            if is_word(envelope.get(key)):
                yield str(envelope[key])


def details_in(data: Any) -> list[str]:
    """Return what a body says beyond its message: fields, rights, request."""
    details = []
    for envelope in _envelopes(data):
        for key in ("fields", "errors"):
            named = envelope.get(key)
            if isinstance(named, Mapping):
                details += [f"{name}: {_flat(why)}" for name, why in named.items()]
        if envelope.get("required"):
            details.append(_flat(envelope["required"]))
        if is_word(envelope.get("request_id")):
            details.append(f"request {envelope['request_id']}")
    return details[:10]


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_flat, value[:10]))
    return str(value) if is_word(value) else ""
