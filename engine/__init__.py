"""The engines: one job each, behind the thin models that start them.

One folder a job; what several of them need stands beside the folders. An engine works
in batches; :class:`~.base.Engine` says how a run drives it.
"""

import importlib

_ENGINES = {
    "discover": ("stage.discover", "DiscoverEngine"),
    "stage": ("stage.stage", "StageEngine"),
    "profile": ("propose.profile", "ProfileEngine"),
    "sample": ("verify.sample", "SampleEngine"),
    "decide": ("load.decide", "DecideEngine"),
    "drift": ("propose.drift", "DriftEngine"),
    "frozen": ("stage.frozen", "FrozenEngine"),
    "gone": ("follow.gone", "GoneEngine"),
    "load": ("load.load", "LoadEngine"),
    "owners": ("owners.apply", "ApplyOwnersEngine"),
    "verify": ("verify.verify", "VerifyEngine"),
    "rollback": ("undo.undo", "UndoEngine"),
}


def engine_class(kind):
    """Return the engine of one kind of run."""
    module, name = _ENGINES[kind]
    return getattr(importlib.import_module(f".{module}", __package__), name)
