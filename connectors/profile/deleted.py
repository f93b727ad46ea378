"""Whether a source says that a record is deleted."""

import re
from typing import Any

from .paths import BadPath, compile_path, scalar_text

_FLAG = re.compile(r"(?P<path>(?:[^\[\]=]|\[[^\]]*\])+?)(?:\s*=\s*(?P<values>[^=]*))?")
_NO = {"", "0", "0.0", "false", "no", "n", "null", "none", "off"}


class DeletedFlag:
    """``deleted_at``, ``is_deleted``, ``active=false`` or ``status=deleted,archived``.

    Without values anything that says yes counts: true, a moment, a number but 0.
    """

    def __init__(self, text: str = ""):
        match = _FLAG.fullmatch(text.strip()) if text.strip() else None
        if text.strip() and match is None:
            raise BadPath(f"“{text}” is not a path with or without “=value,value”")
        self.path = compile_path(match["path"].strip()) if match else None
        values = (match["values"] or "") if match else ""
        self.values = {part.strip().casefold() for part in values.split(",")} - {""}

    def read(self, item: Any) -> bool:
        """Tell whether a raw item is marked as deleted."""
        if self.path is None:
            return False
        value = self.path.first(item)
        if isinstance(value, (dict, list)):
            return bool(value) and not self.values
        text = scalar_text(value).strip().casefold()
        if self.values:
            return text in self.values
        return text not in _NO and not text.startswith("0000-00-00")
