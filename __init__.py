from . import models
from . import wizards
from .engine.schema.views import unmark


def uninstall_hook(env):
    """Leave no form behind that asks for a field of this addon."""
    unmark(env)
