"""The table of the documentation: row, source field, Odoo field, rule, proof.

It is made from the presets and from the names of the tests, so that nothing is typed
twice: ``dev/fields`` writes it to ``presets/FIELDS.rst``.
"""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER / "FIELDS.rst"
_TESTS = FOLDER.parent / "tests"
#: test_r1_companies_... and test_p10_...
_NAME = re.compile(r"def (test_([rfp]\d+)_\w+)\(")
_HEAD = """\
Where every field goes
======================

Made by ``dev/fields`` from the presets; do not edit. Rows are those of the mission:
R Road Runner, F FastTrack, P The Practice. A name in brackets is read together with
others and has no field of its own.
"""


def proofs():
    """Return ``{row: [test]}`` of the tests that read the row back from Odoo."""
    found = {}
    for path in sorted(_TESTS.glob("test_rows_*.py")):
        for name, row in _NAME.findall(path.read_text(encoding="utf-8")):
            found.setdefault(row.upper(), []).append(f"{path.stem}.{name}")
    return found


def presets():
    """Return the presets as they are stored, in the order of their files."""
    paths = sorted(FOLDER.glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def render():
    """Return the whole document."""
    tests = proofs()
    parts = [_HEAD]
    for preset in presets():
        parts.append(_title(preset["label"], "-"))
        for spec in sorted(preset["objects"], key=lambda spec: spec["sequence"]):
            parts.append(_object(spec, tests))
    return "\n".join(parts)


def _object(spec, tests):
    rows = spec.get("rows", [])
    title = spec["label"] + (f" ({', '.join(rows)})" if rows else "")
    lines = [_title(title, "~")]
    if spec.get("excluded"):
        lines.append(f"{spec['excluded']}\n")
    proved = [name for row in rows for name in tests.get(row, [])]
    if proved:
        lines.append("Proved by " + ", ".join(f"``{name}``" for name in proved) + ".\n")
    if not spec["fields"]:
        return "\n".join(lines)
    lines += [".. list-table::", "   :header-rows: 1", "   :widths: 20 25 15 40", ""]
    lines += _cells("Source field", "Odoo field", "Read as", "Rule")
    for name, field in spec["fields"].items():
        target, how = _target(spec, field)
        rule = field.get("drop") or field.get("reason") or "As it stands."
        lines += _cells(f"``{name}``", target, how, rule)
    return "\n".join([*lines, ""])


def _target(spec, field):
    """Return what a field becomes and how it is read."""
    how = field.get("transform", "text")
    if "drop" in field:
        return "Not moved", ""
    if how == "key":
        return "Crosswalk", "key"
    target = field.get("target") or ""
    if target.startswith("_") or not target:
        return f"[{target.lstrip('_') or 'read'}]", how
    where = f"``{target}``"
    if field.get("rest"):
        where += f", rest ``{field['rest']}``"
    return where, how


def _cells(*texts):
    first, *others = (_escaped(text) for text in texts)
    return [f"   * - {first}", *(f"     - {text}".rstrip() for text in others)]


def _escaped(text):
    """Keep asterisks, bars and the like of a reason from meaning anything in RST."""
    if text.startswith("``"):
        return text
    return re.sub(r"([\\*|`_])", r"\\\1", " ".join(text.split()))


def _title(text, line):
    return f"\n{text}\n{line * len(text)}\n"


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="utf-8")
