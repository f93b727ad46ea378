"""Builds FastTrack's executable schemas and resolves their fields."""

from functools import lru_cache

from graphql import GraphQLError, build_schema, get_named_type

from . import drift
from .asking import moment
from .common import iso
from .fasttrack.custom import READING
from .paging import BadRequest, encode
from .sdl import NESTED, OBJECTS, OF_OBJECT, PLANS, ROOTS, TYPES, Sdl, camel, missing
from .sizes import SIZES, cut

#: Types that a record names by id and that are looked up.
_LINKED = ("User", "Team", "Company", "Contact", "Deal", "Pipeline", "Attachment")
NESTED_SIZE, NESTED_MOST = 20, 50
#: Custom objects with a table of their own, which no definition names.
OWN_TABLES = (READING,)


class Schemas:
    """One schema per dialect, all over the same store."""

    def __init__(self, sources):
        self.sources = sources
        self.store = sources.world.fasttrack
        self.get = lru_cache(maxsize=32)(self._build)

    def _build(self, paging="relay", plan="enterprise", naming="snake", gated=""):
        """The schema of one dialect.

        :param gated: `Type.field` that this answer must not know
        """
        flip = camel if naming == "camel" else str
        without = missing(plan)
        if gated:
            without = {*without, tuple(gated.split("."))}
        schema = build_schema(Sdl(paging, flip, without).text())
        for name, fields in TYPES.items():
            for word in fields.split():
                key = word.partition(":")[0]
                field = schema.type_map[name].fields.get(flip(key))
                if field:
                    field.resolve = self._resolver(name, key, field)
        self._edges(schema, flip)
        query = schema.query_type.fields
        query["viewer"].resolve = self._viewer(plan)
        query["node"].resolve = self._node
        schema.type_map["Node"].resolve_type = lambda row, info, kind: row["__kind"]
        for root, name in ROOTS.items():
            if flip(root) in query:
                resolve = self._root(root, OBJECTS[name], paging, plan, flip)
                query[flip(root)].resolve = resolve
        return schema

    def _resolver(self, name, key, field):
        if (name, key) in NESTED:
            return lambda row, info, **ask: _links(row[key], ask)
        if key in ("download_url", "expires_at") and name == "Attachment":
            return lambda row, info: self._signed(row)[key]
        kind = get_named_type(field.type).name
        if kind in _LINKED:
            return lambda row, info: self._linked(OBJECTS[kind], row.get(key))
        if kind == "Stage" and name != "Pipeline":
            return lambda row, info: self._stage(row.get(key))
        return lambda row, info: row.get(key)

    def _edges(self, schema, flip):
        """Edges of nested lists carry a record by its id."""
        for link, target in NESTED.values():
            fields = schema.type_map[f"{link}Edge"].fields
            fields[flip("is_primary")].resolve = lambda row, info: row["is_primary"]
            fields["node"].resolve = lambda row, info, obj=OBJECTS[target]: (
                self._linked(obj, row["node"])
            )

    def _linked(self, obj, value):
        """The record that a reference means; what is gone leaves its reference."""
        if isinstance(value, list):
            return [self._linked(obj, part) for part in value]
        return value and (self.store.get(obj, value["id"]) or value)

    def _stage(self, value):
        for pipeline in self.store.listing("pipeline"):
            for stage in pipeline["stages"]:
                if value and stage["id"] == value["id"]:
                    return stage
        return value

    def _signed(self, row):
        fresh = row.get("__fresh", False)
        url, until = self.sources.storage.sign("fasttrack", row["id"], fresh)
        return {"download_url": url, "expires_at": iso(self.sources.moment(until))}

    def _viewer(self, plan):
        account = {**self.store.account, "plan": plan}
        viewer = {"id": "api", "email": "api@ft.example", "account": account}
        return lambda root, info: viewer

    def _node(self, root, info, id):
        if self.store.poison.get(id) in ("page", "node"):
            raise unreadable(id)
        for kind, obj in OBJECTS.items():
            row = self.store.get(obj, id)
            if row:
                return {**row, "__kind": kind, "__fresh": True}
        return None

    def _root(self, root, obj, paging, plan, flip):
        of_object = root in OF_OBJECT
        allowed = PLANS[: PLANS.index(plan) + 1]

        def rows(ask):
            table = obj
            if root == "custom_object_records" and ask["object"] in OWN_TABLES:
                table = ask["object"]
            found = self.store.listing(table, **_order(ask, flip))
            if of_object:
                found = [r for r in found if r["object"] == ask["object"]]
            if root == "custom_object_fields":
                found = [r for r in found if r["plan_tier"] in allowed]
            return found

        def resolve(_root, info, **ask):
            context = info.context
            if root in self.sources.auth.closed:
                code = {"code": "FORBIDDEN"}
                raise GraphQLError("The key lacks a scope", extensions=code)
            found = rows(ask)
            fault = context.fault
            if fault and fault.name in drift.NAMES and found:
                drift.drift(self.store, obj, fault, found)
                found = rows(ask)
            start, size = SIZES[paging](ask)
            part = [self._readable(row) for row in found[start : start + size]]
            if fault and fault.name == "partial":
                place = int(fault.number(1))
                part[place] = unreadable(part[place]["id"])
            selects = context.selection.asks_for
            wanted = {"node", "nodes", "data", "items"}
            if None in part and (
                paging == "offset" or selects(info.field_nodes[0], wanted)
            ):
                raise GraphQLError(
                    "Internal server error",
                    extensions={"code": "INTERNAL_SERVER_ERROR"},
                )
            stuck = bool(fault) and fault.name == "cursor-stuck"
            return cut(paging, part, start, size, len(found), stuck)

        return resolve

    def _readable(self, row):
        """The record; None where it fails its page; an error where only itself."""
        mode = self.store.poison.get(row.get("id"))
        if mode == "page":
            return None
        return unreadable(row["id"]) if mode else row


def unreadable(key):
    return GraphQLError(
        "Corrupt record", extensions={"code": "UNREADABLE_ITEM", "id": key}
    )


def _order(ask, flip):
    """Since when and in what order, in each way a dialect may say it."""
    moments = (ask.get("filter") or {}).get(flip("updated_at")) or {}
    where = ask.get("where") or {}
    order = ask.get(flip("order_by")) or (ask.get("orderBy") or [{}])
    order = order[0] if isinstance(order, list) else order
    exclusive = bool(moments.get("gt")) or where.get("operator") == "GT"
    texts = (
        moments.get("gte"),
        moments.get("gt"),
        where.get("value"),
        ask.get(flip("updated_after")),
    )
    text = next((t for t in texts if t), None)
    try:
        since = moment({"since": text}, "since") if text else None
    except BadRequest as error:
        raise GraphQLError(str(error), extensions={"code": "BAD_USER_INPUT"}) from None
    column = (order.get("field") or order.get("column") or "").lower()
    descending = (order.get("direction") or order.get("order")) == "DESC"
    return {
        "since": since,
        "exclusive": exclusive,
        "sort": "" if column == "id" else column,
        "descending": descending,
    }


def _links(links, ask):
    """A list inside a record; without `first` only the beginning of it."""
    start, _size = SIZES["relay"]({"after": ask.get("after")})
    size = min(ask.get("first") or NESTED_SIZE, NESTED_MOST)
    part = links[start : start + size]
    edges = [{"cursor": encode(start + n), **e} for n, e in enumerate(part, 1)]
    more = start + size < len(links)
    info = {"hasNextPage": more, "endCursor": edges[-1]["cursor"] if edges else None}
    return {"edges": edges, "pageInfo": info, "totalCount": len(links)}
