"""Connection profiles that are shipped, and the objects their sources have."""

import json
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...exceptions import BadProfile

_PRESETS = Path(__file__).with_name("presets")
_MAPPINGS = Path(__file__).parents[2] / "presets"
#: Mapping presets whose file is named otherwise.
_MAPPING_FILES = {"the_practice": "practice_bundle"}
_ORDER = (
    "roadrunner_v2",
    "roadrunner_v1",
    "fasttrack_relay",
    "fasttrack_camel",
    "practice_rest",
)


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return a preset with changes; null takes a key away."""
    merged = dict(base)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


@lru_cache(maxsize=32)
def _preset(key: str) -> dict[str, Any]:
    if key not in _ORDER:
        known = ", ".join(_ORDER)
        raise BadProfile([f"“{key}” is not a shipped profile; known are {known}"])
    preset = json.loads((_PRESETS / f"{key}.json").read_text("utf-8"))
    base = preset.pop("extends", None)
    return _merged(_preset(base), preset) if base else preset


def load_preset_profile(key: str) -> dict[str, Any]:
    """Return a shipped connection profile; the caller may change it.

    :raises BadProfile: there is none of that key
    """
    return deepcopy(_preset(key))


def profile_choices(transport: str = "") -> list[tuple[str, str]]:
    """Return key and label of the shipped profiles, of one transport if given."""
    presets = [(key, _preset(key)) for key in _ORDER]
    return [
        (key, preset["label"])
        for key, preset in presets
        if transport in ("", preset["transport"])
    ]


@lru_cache(maxsize=32)
def known_objects(source: str) -> frozenset[str] | None:
    """Return the objects of a mapping preset, None if there is no such preset."""
    names: set[str] = set()
    file = _MAPPINGS / f"{_MAPPING_FILES.get(source, source)}.json"
    if file.parent == _MAPPINGS and file.is_file():
        mapping = json.loads(file.read_text("utf-8"))
        names.update(spec["name"] for spec in mapping["objects"])
    for key in _ORDER:
        preset = _preset(key)
        if preset.get("source") == source:
            names.update(preset["objects"])
    return frozenset(names) or None
