"""Numbers as people and spreadsheets write them."""

import math
import re

_LONGEST = 64
_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f_'\u2019]")
_MINUS = str.maketrans("\u2212\u2013\u2014", "---")
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"\d{1,3}(?:S\d{2,3})*S\d{3}")
_CODES = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR "
    "JPY KES KRW MXN MYR NGN NOK NZD PEN PHP PLN RON RUB SAR SEK SGD THB TRY TWD UAH "
    "USD VND ZAR"
)
_SIGN = (
    rf"(?:(?:[A-Z]{{1,3}})?\$|{'|'.join(_CODES.split())}|kr\.?|z\u0142|k\u010d|rs\.?|"
    "[\u20ac\u00a3\u00a5\u20b9\u20a9\u20aa\u20bd\u20ba\u20b1\u0e3f])"
)
#: A currency's sign or code before or after a number without blanks.
CURRENCY = re.compile(rf"^{_SIGN}|{_SIGN}$", re.IGNORECASE)


def _is_grouped(digits: str, separator: str) -> bool:
    """Return whether the separator splits the digits in thousands."""
    return bool(_GROUPED.fullmatch(digits.replace(separator, "S")))


def _decimal_mark(text: str, decimal: str | None) -> str:
    """Return the decimal separator of an unsigned number, "" if it has none."""
    if decimal:
        return decimal if decimal in text else ""
    if "," in text and "." in text:
        return max(",.", key=text.rfind)
    if text.count(",") == 1 and not _is_grouped(text, ","):
        return ","
    # one dot is a decimal dot, also in 1.234: several are thousands
    return "." if text.count(".") == 1 else ""


def _normalise(text: str, decimal: str | None) -> str:
    """Return an unsigned number with a decimal dot and without groups."""
    mark = _decimal_mark(text, decimal)
    whole, _mark, fraction = text.rpartition(mark) if mark else (text, "", "")
    for separator in ",.":
        if separator in whole:
            if separator == mark or not _is_grouped(whole, separator):
                raise ValueError(text)
            whole = whole.replace(separator, "")
    if not (whole + fraction).isdecimal():
        raise ValueError(text)
    return f"{whole or '0'}.{fraction or '0'}"


def _unsigned(text: str) -> tuple[str, bool]:
    """Return a number without its sign, and whether it is negative."""
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1], True
    if text.startswith("-"):
        return text[1:], True
    if text.endswith("-"):
        return text[:-1], True
    return text.removeprefix("+"), False


def parse_number(text: str, decimal: str | None = None, money: bool = False) -> float:
    """Return the number in `text`; ValueError if it is not exactly one number.

    :param decimal: the decimal separator, when the column is known to have one
    :param money: whether a currency sign or code may stand before or after
    """
    if len(text) > _LONGEST:
        raise ValueError("too long for a number")
    compact = _BLANKS.sub("", text.translate(_MINUS))
    bare, negative = _unsigned(compact)
    if money:
        amount = CURRENCY.sub("", bare, count=1)
        if amount != bare and not negative:
            bare, negative = _unsigned(amount)
        else:
            bare = amount
    if decimal != "," and _PLAIN.fullmatch(bare) and not bare.startswith(("+", "-")):
        number = float(bare)
    else:
        number = float(_normalise(bare, decimal))
    if not math.isfinite(number):
        raise ValueError(text)
    return -number if negative and number else number
