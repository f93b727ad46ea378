"""Connection profiles: how an installation's server is spoken to, as data."""

from .normalise import Normaliser, corrupt_item
from .paths import BadPath, Path, compile_path, read_path
