"""Order of objects by dependency, and loops in parent links."""

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter


def topological(dependencies: Mapping[str, Iterable[str]]) -> list[str]:
    """Return every node after those it depends on, ties in the given order.

    :raise graphlib.CycleError: a ValueError whose second argument is the loop
    """
    rank: dict[str, int] = {}
    for node, needed in dependencies.items():
        rank.setdefault(node, len(rank))
        for other in sorted(needed):
            rank.setdefault(other, len(rank))
    sorter = TopologicalSorter(dependencies)
    sorter.prepare()
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=rank.__getitem__)
        ordered.extend(ready)
        sorter.done(*ready)
    return ordered


def find_cycles(parent: Mapping[str, str | None]) -> list[list[str]]:
    """Return each loop of child -> parent links once, from its first member on."""
    seen: set[str] = set()
    cycles: list[list[str]] = []
    for start in parent:
        path: list[str] = []
        place: dict[str, int] = {}
        node: str | None = start
        while node and node in parent and node not in seen:
            seen.add(node)
            place[node] = len(path)
            path.append(node)
            node = parent[node]
        if node in place:
            cycles.append(path[place[node] :])
    return cycles
