"""Which request goes wrong, and how: by header, by parameter, by schedule.

A fault is a word with an argument and a count: `429:2` (Retry-After: 2), `500x2`
(twice, then no more), `401*` (from now on). answers.py knows the words.
"""

import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

_WORD = re.compile(
    r"^(?P<name>[a-z0-9-]+?)(?::(?P<arg>.*?))?"
    r"(?:x(?P<times>\d+)|(?P<ever>\*))?$"
)


@dataclass(frozen=True)
class Fault:
    name: str
    arg: str = ""

    def number(self, default):
        """The argument as a number."""
        return float(self.arg) if self.arg else default


def split(text):
    """The fault and how often it strikes (None: for ever)."""
    match = _WORD.match(text.strip())
    if not match:
        raise ValueError(f"no fault: {text!r}")
    fault = Fault(match["name"], match["arg"] or "")
    return fault, None if match["ever"] else int(match["times"] or 1)


@dataclass
class Rule:
    """Strikes the nth to (nth + times - 1)th request that fits, counted from 1."""

    fault: Fault
    times: int | None = 1
    nth: int = 1
    path: str = ""
    operation: str = ""
    server: str = ""
    seen: int = 0
    struck: int = 0

    def fits(self, server, path, operation):
        if server not in (self.server or "rest graphql"):
            return False
        if self.operation and self.operation != operation:
            return False
        return bool(re.search(self.path, path))

    def due(self):
        self.seen += 1
        late = self.seen - self.nth
        if late < 0 or (self.times is not None and late >= self.times):
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The rules of all servers; any thread may ask and any may change them."""

    rules: list[Rule] = field(default_factory=list)
    #: What a slow answer waits with; tests may put in something faster.
    sleep: Any = time.sleep
    #: The words that one of the servers understands.
    known: set[str] = field(default_factory=set)

    def __post_init__(self):
        self._lock = threading.Lock()
        self._asked = {}

    def add(self, text, *, path="", operation="", server="", nth=1):
        """Let requests fail.

        :param text: the fault, e.g. `429:2`, `500x2`, `401*`
        :param path: regular expression, searched in the path of the request
        :param operation: name of a GraphQL operation or of its first root field
        :param server: rest, graphql or storage; by default the first two
        :param nth: the first of the fitting requests that is struck, from 1
        """
        fault, times = split(text)
        if fault.name not in self.known:
            raise ValueError(f"no fault: {fault.name!r}; known: {sorted(self.known)}")
        rule = Rule(fault, times, nth, path, operation, server)
        with self._lock:
            self.rules.append(rule)
        return rule

    def schedule(self, plan):
        """Add a list of (when, fault): `when` is the nth request or a path pattern."""
        return [
            self.add(text, nth=when)
            if isinstance(when, int)
            else self.add(text, path=when)
            for when, text in plan
        ]

    def clear(self):
        with self._lock:
            self.rules.clear()
            self._asked.clear()

    def pick(self, server, path, operations=("",), asked="", request_key=""):
        """The fault of one request, or None.

        :param operations: names the request may be known by
        :param asked: what the request itself asks for
        """
        with self._lock:
            found = None
            for rule in self.rules:
                if any(rule.fits(server, path, name) for name in operations):
                    if rule.due() and found is None:
                        found = rule.fault
            if found is None and asked:
                found = self._wanted(asked, request_key)
            return found

    def _wanted(self, asked, request_key):
        fault, times = split(asked)
        if not re.search(r"x\d+$", asked.strip()):
            return fault
        count = self._asked.get((asked, request_key), 0)
        self._asked[(asked, request_key)] = count + 1
        return fault if count < times else None
