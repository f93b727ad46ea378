"""Keys by which records and words are found again, safe for an index."""

import hashlib

from ..tools.fingerprint import fold

#: PostgreSQL refuses index entries beyond about 2,700 bytes
LONGEST_KEY = 200
LONGEST_ID = 400
#: stands between the id of a repeated row and its place; no source id contains it
REPEAT_MARK = "␟"


def key_of(text):
    """Return the folded text, shortened with a hash where it is very long."""
    return _short(fold(text), LONGEST_KEY)


def clean_id(text):
    """Return an external id without line breaks and control characters."""
    text = " ".join(str(text).replace(REPEAT_MARK, " ").split())
    text = "".join(char for char in text if char.isprintable())
    return _short(text, LONGEST_ID)


def _short(text, longest):
    if len(text) <= longest:
        return text
    return f"{text[: longest - 41]}~{hashlib.sha1(text.encode()).hexdigest()}"
