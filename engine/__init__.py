"""The engines: one job each, behind the thin models that start them.

discover, stage, profile, drift, gone, frozen, propose, schema, load, decide, owners,
sample, verify, undo.
An engine works in batches; :class:`~.base.Engine` says how a run drives it.
"""

import importlib

_ENGINES = {
    "discover": ("discover", "DiscoverEngine"),
    "stage": ("stage", "StageEngine"),
    "profile": ("profile", "ProfileEngine"),
    "sample": ("sample", "SampleEngine"),
    "decide": ("decide", "DecideEngine"),
    "drift": ("drift", "DriftEngine"),
    "frozen": ("frozen", "FrozenEngine"),
    "gone": ("gone", "GoneEngine"),
    "load": ("load", "LoadEngine"),
    "owners": ("owner_apply", "ApplyOwnersEngine"),
    "verify": ("verify", "VerifyEngine"),
    "rollback": ("undo", "UndoEngine"),
}


def engine_class(kind):
    """Return the engine of one kind of run."""
    module, name = _ENGINES[kind]
    return getattr(importlib.import_module(f".{module}", __package__), name)
