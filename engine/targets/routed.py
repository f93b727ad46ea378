from .base import Target


class RoutedTarget(Target):
    """Sends each record to one of several targets: what it becomes depends on it.

    A record that was loaded before stays what it became, whatever the source says by
    now: another kind of record would be a second one.
    """

    #: name -> target class; ``model`` of the routed target itself is the usual one
    routes = {}

    def __init__(self, mapper):
        super().__init__(mapper)
        self.parts = {name: target(mapper) for name, target in self.routes.items()}

    @classmethod
    def models(cls):
        return {
            model: fields
            for target in cls.routes.values()
            for model, fields in target.models().items()
        }

    def route(self, mapped):
        """Return the name of the route that a new record takes."""
        raise NotImplementedError

    def part_of(self, mapped):
        if "part" not in mapped.inputs:
            known = mapped.pop("loaded_as")
            mapped.inputs["part"] = (
                self.part_for(known) if known else self.parts[self.route(mapped)]
            )
        return mapped.pop("part")

    def part_for(self, model):
        found = [part for part in self.parts.values() if part.model == model]
        return found[0] if found else next(iter(self.parts.values()))

    def all_parts(self):
        return list(self.parts.values())

    def close(self):
        for part in self.parts.values():
            part.close()

    def carry_on(self, run):
        changed = self.env["migration.crosswalk"]
        for part in self.parts.values():
            changed |= part.carry_on(run)
        return changed

    def cut(self, records):
        for part in self.parts.values():
            records = part.cut(records)
        return records

    def prefetch(self, mapped_list):
        groups = {}
        for mapped in mapped_list:
            groups.setdefault(self.part_of(mapped), []).append(mapped)
        for part, group in groups.items():
            part.prefetch(group)

    def finish(self, mapped):
        return self.part_of(mapped).finish(mapped)

    def bind(self, mapped):
        return self.part_of(mapped).bind(mapped)
