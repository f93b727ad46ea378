"""The nearest of the colours that Odoo has for tags."""

import colorsys
import re

#: Odoo's own colours by index; 0 is "no colour" and hides the tag on cards.
PALETTE = {
    1: "ee2d2d",
    2: "dc8534",
    3: "e8bb1d",
    4: "5794dd",
    5: "9f628f",
    6: "db8865",
    7: "41a9a2",
    8: "304be0",
    9: "ee2f8a",
    10: "61c36e",
    11: "9872e6",
}
_NAMES = {
    **{"red": "ff0000", "orange": "ff8c00", "yellow": "ffd700", "green": "22aa22"},
    **{"blue": "0000ff", "purple": "800080", "violet": "8a2be2", "pink": "ff69b4"},
    **{"teal": "008080", "turquoise": "40e0d0", "brown": "a0522d", "salmon": "fa8072"},
}
#: Three or six digits, with or without those of the opacity.
_HEX = re.compile(
    r"#?(?:([0-9a-f]{6})(?:[0-9a-f]{2})?|([0-9a-f]{3})[0-9a-f]?)", re.IGNORECASE
)


def nearest_color(text):
    """Return the index (1 to 11) of the colour nearest to ``#1a73e8`` or ``blue``.

    The hue counts most: a dark blue is a blue. None for what is no colour.
    """
    text = str(text or "").strip()
    found = _HEX.fullmatch(_NAMES.get(text.lower(), text))
    if not found:
        return None
    digits = found[1] or found[2]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    wanted = _hsv(digits)
    return min(PALETTE, key=lambda index: _distance(wanted, _hsv(PALETTE[index])))


def _hsv(digits):
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return colorsys.rgb_to_hsv(red, green, blue)


def _distance(one, other):
    turn = abs(one[0] - other[0])
    hue = min(turn, 1 - turn)
    # the less colour there is, the less its hue says
    weight = 8 * min(one[1], other[1])
    return weight * hue + abs(one[1] - other[1]) + abs(one[2] - other[2]) / 2
