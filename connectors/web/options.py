"""How a live source is opened, whatever it is."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class WebOptions:
    """What the installation, not the source, decides.

    :param allow_private: the source may be on the own network, and without TLS
    :param contact: mail address that the source may complain to
    :param until: records changed later (aware) are left out
    :param sleep: takes seconds; a real one wakes when the session is closed
    :param clock: epoch seconds
    :param spool: folder for temporary files, None for the system's
    :param resolve: looks up hosts like socket.getaddrinfo
    """

    allow_private: bool = False
    contact: str = ""
    until: datetime | None = None
    sleep: Callable[[float], Any] = time.sleep
    clock: Callable[[], float] = time.time
    spool: str | None = None
    resolve: Callable = socket.getaddrinfo
