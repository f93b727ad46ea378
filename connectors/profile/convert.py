"""Values of fields in the unit that the profile asks for."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

_TRUE = {"true", "yes", "y", "1", "on", "x"}
_FALSE = {"false", "no", "n", "0", "off", ""}


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None


def _scaled(exponent: int) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        number = _decimal(value)
        return value if number is None else f"{number.scaleb(exponent).normalize():f}"

    return convert


def _number(value: Any) -> Any:
    number = _decimal(value)
    if number is None:
        return value
    is_whole = number == number.to_integral_value()
    return int(number) if is_whole else float(number)


def _boolean(value: Any) -> Any:
    text = str(value).strip().casefold()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    return value


def _text(value: Any) -> Any:
    is_scalar = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_scalar else value


#: What `convert` in a field of a profile may say. A value that does not fit stays.
CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "micros": _scaled(-6),
    "cents": _scaled(-2),
    "percent_to_fraction": _scaled(-2),
    "fraction_to_percent": _scaled(2),
    "number": _number,
    "boolean": _boolean,
    "text": _text,
    "lower": lambda value: value.lower() if isinstance(value, str) else value,
    "trim": lambda value: value.strip() if isinstance(value, str) else value,
}
