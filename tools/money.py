"""Amounts of money as sources write them: with a sign, a code, or in parts."""

import re
from typing import Any

from .converters import parse_json
from .numbers import CURRENCY, parse_number

#: Signs that one currency alone bears. "$", "¥" and "kr" could be several.
_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₪": "ILS",
    "₽": "RUB",
    "₺": "TRY",
    "₱": "PHP",
    "฿": "THB",
    "zł": "PLN",
    "kč": "CZK",
    "us$": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "sg$": "SGD",
    "r$": "BRL",
    "mx$": "MXN",
}
#: Names under which sources put the parts of an amount; by what it is divided.
_AMOUNTS = {
    **dict.fromkeys(("amount", "value", "units"), 1),
    **dict.fromkeys(("amount_cents", "cents", "amount_minor"), 100),
    **dict.fromkeys(("amount_micros", "micros", "amountMicros"), 1_000_000),
}
_CODES = ("currency", "currency_code", "currencyCode", "code")


def split_money(value: Any) -> tuple[float | None, str]:
    """Return the amount, and its currency as an ISO code or an unclear sign.

    The currency is empty when the value names none. An object may hold the amount as
    such, in cents or in millionths.

    :raise ValueError: when there is no amount in it
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = parse_json(value)
    if isinstance(value, dict):
        return _from_parts(value)
    if value is None or isinstance(value, bool):
        return None, ""
    if isinstance(value, (int, float)):
        return parse_number(repr(value)), ""
    text = str(value).strip()
    if not text:
        return None, ""
    return parse_number(text, money=True), currency_of(text)


def currency_of(text: str) -> str:
    """Return the code or the sign that stands before or after a number, or ""."""
    compact = re.sub(r"[\s\u00a0\u202f]", "", text).strip("()+-\u2212")
    found = CURRENCY.search(compact)
    sign = found.group().casefold() if found else ""
    return _SIGNS.get(sign) or (sign.upper() if sign.isascii() else sign)


def _from_parts(parts: dict[str, Any]) -> tuple[float | None, str]:
    """Return amount and currency of an object such as ``{amount, currency}``."""
    name = next((key for key in _AMOUNTS if parts.get(key) not in (None, "")), None)
    if name is None:
        raise ValueError("no amount")
    amount, sign = split_money(parts[name])
    code = next((parts[name] for name in _CODES if parts.get(name)), "")
    if isinstance(code, dict):
        code = code.get("code") or ""
    return (amount or 0.0) / _AMOUNTS[name], str(code).strip().upper() or sign
