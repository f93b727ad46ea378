"""FastTrack's schema as SDL, for every style of paging, plan and naming."""

import re

#: Type -> object of the store.
OBJECTS = {
    "User": "user",
    "Team": "team",
    "Company": "company",
    "Contact": "contact",
    "Lead": "lead",
    "Deal": "deal",
    "Pipeline": "pipeline",
    "Activity": "activity",
    "Attachment": "attachment",
    "CustomObject": "custom_object",
    "CustomObjectField": "custom_object_field",
    "CustomObjectRecord": "custom_object_record",
    "AssociationLabel": "association_label",
}
#: Root field -> type.
ROOTS = {
    "users": "User",
    "teams": "Team",
    "companies": "Company",
    "contacts": "Contact",
    "leads": "Lead",
    "deals": "Deal",
    "pipelines": "Pipeline",
    "activities": "Activity",
    "attachments": "Attachment",
    "custom_objects": "CustomObject",
    "custom_object_fields": "CustomObjectField",
    "custom_object_records": "CustomObjectRecord",
    "association_labels": "AssociationLabel",
}
#: Root fields that list what belongs to one object.
OF_OBJECT = ("custom_object_fields", "custom_object_records")
#: Lists inside a record: (type, field) -> (type of the edges, of what they lead to).
NESTED = {
    ("Contact", "companies"): ("ContactCompany", "Company"),
    ("Deal", "contacts"): ("DealContact", "Contact"),
}
_DATES = "created_at:DateTime! updated_at:DateTime!"
_CUSTOM = "tags:[String!] description custom_fields:[FieldValue!]"
# a field without type is a String
TYPES = {
    "Viewer": "id:ID! email account:Account",
    "Account": "id:ID! name plan timezone currency",
    "EmailAddress": "value type is_primary:Boolean",
    "Address": "line1 line2 city region postal_code country_code",
    "Money": "amount:Decimal currency",
    "FieldValue": "key:String! value type",
    "StageVisit": "stage_id:ID entered_at:DateTime",
    "Participant": "type id:ID email",
    "Association": "object id:ID",
    "Relation": "key target_object cardinality",
    "Option": "value label position:Int",
    "Reference": "key object id:ID",
    "User": "id:ID! email first_name last_name name is_active:Boolean role team:Team"
    " manager:User timezone locale deactivated_at:DateTime updated_at:DateTime!",
    "Team": "id:ID! name lead_user:User members:[User!] parent:Team is_archived:Boolean"
    " created_at:DateTime updated_at:DateTime",
    "Company": "id:ID! name domain website phone email industry employee_count:Int"
    " annual_revenue:Money address:Address parent:Company owner:User type vat_number"
    f" {_CUSTOM} {_DATES} archived_at:DateTime",
    "Contact": "id:ID! first_name last_name full_name email emails:[EmailAddress!]"
    " phone mobile job_title company:Company companies owner:User address:Address"
    " lifecycle_stage source language birthday:Date do_not_email:Boolean"
    f" {_CUSTOM} {_DATES} archived_at:DateTime",
    "Lead": "id:ID! title first_name last_name company_name email phone"
    " status:LeadStatus rating score:Int source campaign owner:User contact:Contact"
    f" converted_deal:Deal converted_at:DateTime address:Address {_CUSTOM} {_DATES}",
    "Deal": "id:ID! name amount:Money probability:Decimal pipeline:Pipeline stage:Stage"
    " status:DealStatus close_date:Date closed_at:DateTime lost_reason type priority"
    " owner:User team:Team company:Company primary_contact:Contact contacts source"
    f" stage_history:[StageVisit!] {_CUSTOM} {_DATES} archived_at:DateTime",
    "Pipeline": "id:ID! name position:Int is_default:Boolean is_archived:Boolean"
    " currency stages:[Stage!] updated_at:DateTime",
    "Stage": "id:ID! name position:Int probability:Decimal category:DealStatus"
    " is_archived:Boolean color pipeline:Pipeline updated_at:DateTime",
    "Activity": "id:ID! type:ActivityType subject body_html body_text"
    " direction:Direction status:ActivityStatus outcome starts_at:DateTime"
    " ends_at:DateTime due_at:DateTime completed_at:DateTime duration_seconds:Int from"
    " to:[String!] message_id meeting_url owner:User created_by:User"
    " participants:[Participant!] associations:[Association!] attachments:[Attachment!]"
    f" custom_fields:[FieldValue!] {_DATES}",
    "Attachment": "id:ID! file_name mime_type byte_size:Int sha256 download_url"
    " expires_at:DateTime object object_id:ID uploaded_by:User is_inline:Boolean"
    " content_id created_at:DateTime! updated_at:DateTime",
    "CustomObject": "key:String! label label_plural description primary_field"
    " relations:[Relation!] is_archived:Boolean record_count:Int updated_at:DateTime",
    "CustomObjectField": "object:String! key:String! label type required:Boolean"
    " unique:Boolean read_only:Boolean options:[Option!] reference_object default:JSON"
    " help_text position:Int plan_tier is_archived:Boolean",
    "CustomObjectRecord": "id:ID! object:String! name fields:[FieldValue!]"
    f" references:[Reference!] owner:User tags:[String!] {_DATES}",
    "AssociationLabel": "id:ID! from_object to_object label inverse_label"
    " is_primary:Boolean category updated_at:DateTime",
}
ENUMS = {
    "LeadStatus": "NEW WORKING QUALIFIED UNQUALIFIED CONVERTED",
    "DealStatus": "OPEN WON LOST",
    "ActivityType": "CALL EMAIL MEETING NOTE TASK SMS",
    "Direction": "INBOUND OUTBOUND",
    "ActivityStatus": "PLANNED COMPLETED CANCELLED",
    "OrderField": "UPDATED_AT CREATED_AT ID",
    "OrderDirection": "ASC DESC",
    "Operator": "GTE GT",
}
PLANS = ("basic", "pro", "enterprise")
#: What a plan adds to the one before it; a query of a smaller plan cannot select it.
PLAN_FIELDS = {
    "pro": {
        ("Contact", "birthday"),
        ("Company", "annual_revenue"),
        ("Lead", "score"),
        ("Activity", "meeting_url"),
        ("Deal", "team"),
        ("Query", "teams"),
    },
    "enterprise": {
        ("Deal", "stage_history"),
        ("Deal", "priority"),
        ("Contact", "companies"),
        ("Query", "custom_objects"),
        ("Query", "custom_object_records"),
    },
}
#: Arguments that say which page, by style.
PAGE_ARGS = {
    "relay": "first:Int after:String",
    "relay_snake": "first:Int after:String",
    "lighthouse": "first:Int page:Int",
    "page_hasmore": "pagination:Pagination",
    "offset": "skip:Int take:Int limit:Int offset:Int",
    "items_cursor": "limit:Int cursor:String",
}
_EXTRA = """
scalar DateTime
scalar Date
scalar Decimal
scalar JSON
interface Node { id: ID! }
input Pagination { page: Int pageSize: Int }
"""
_LIGHTHOUSE = """
type PaginatorInfo { count: Int! currentPage: Int! hasMorePages: Boolean! lastPage: Int!
  perPage: Int! total: Int! }
"""
_UNDERSCORE = re.compile(r"_([a-z0-9])")


def camel(name):
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


def missing(plan):
    """The (type, field) pairs that a plan does not have."""
    above = PLANS[PLANS.index(plan) + 1 :]
    return set().union(*(PLAN_FIELDS[name] for name in above))


def _pairs(text):
    for word in text.split():
        name, _colon, kind = word.partition(":")
        yield name, kind or "String"


class Sdl:
    """Writes the schema of one dialect.

    :param paging: a key of PAGE_ARGS
    :param flip: turns a canonical name into that of the dialect
    :param without: (type, field) pairs to leave out
    """

    def __init__(self, paging, flip, without):
        self.paging, self.flip, self.without = paging, flip, without

    def text(self):
        parts = [_EXTRA, _LIGHTHOUSE if self.paging == "lighthouse" else ""]
        parts += [f"enum {name} {{ {values} }}" for name, values in ENUMS.items()]
        parts += [self._inputs(), self._page_info()]
        parts += [self._type(name, fields) for name, fields in TYPES.items()]
        parts += [self._pages(name) for name in OBJECTS]
        parts += [self._links(*pair) for pair in NESTED.values()]
        parts.append(self._query())
        return "\n".join(parts)

    def _inputs(self):
        flip = self.flip
        return f"""
input Moments {{ gte: DateTime gt: DateTime lte: DateTime }}
input Filter {{ {flip("updated_at")}: Moments }}
input OrderBy {{ field: OrderField! direction: OrderDirection }}
input Where {{ column: OrderField! operator: Operator! value: DateTime }}
input OrderClause {{ column: OrderField! order: OrderDirection }}
"""

    def _page_info(self):
        if self.paging == "page_hasmore":
            own = "type PageInfo { hasMore: Boolean! }"
        elif self.paging == "relay_snake":
            own = "type PageInfo { has_next_page: Boolean! end_cursor: String }"
        else:
            own = "type PageInfo { hasNextPage: Boolean! endCursor: String }"
        return own + "\ntype LinkInfo { hasNextPage: Boolean! endCursor: String }"

    def _type(self, name, fields):
        node = " implements Node" if name in OBJECTS and "id:ID!" in fields else ""
        lines = []
        for field, kind in _pairs(fields):
            if (name, field) in self.without:
                continue
            if (name, field) in NESTED:
                link = NESTED[name, field][0]
                arguments = "(first: Int, after: String)"
                lines.append(f"{self.flip(field)}{arguments}: {link}Links!")
            else:
                lines.append(f"{self.flip(field)}: {kind}")
        return f"type {name}{node} {{\n  " + "\n  ".join(lines) + "\n}"

    def _links(self, link, target):
        primary = self.flip("is_primary")
        return f"""
type {link}Links {{ edges: [{link}Edge!]! pageInfo: LinkInfo! totalCount: Int }}
type {link}Edge {{
  cursor: String! {primary}: Boolean labels: [String!] node: {target}
}}
"""

    def _pages(self, name):
        edges = f"""edges: [{name}Edge!]! nodes: [{name}]"""
        edge = f"\ntype {name}Edge {{ cursor: String! node: {name} }}"
        bodies = {
            "relay": f"{edges} pageInfo: PageInfo! totalCount: Int",
            "relay_snake": f"{edges} page_info: PageInfo! total_count: Int",
            "lighthouse": f"data: [{name}]! paginatorInfo: PaginatorInfo!",
            "page_hasmore": f"data: [{name}]! pageInfo: PageInfo!",
            "items_cursor": f"items: [{name}]! cursor: String",
        }
        if self.paging == "offset":
            return ""
        text = f"type {name}Page {{ {bodies[self.paging]} }}"
        return text + (edge if self.paging.startswith("relay") else "")

    def _query(self):
        flip = self.flip
        page = " ".join(
            f"{name}: {kind}" for name, kind in _pairs(PAGE_ARGS[self.paging])
        )
        since = (
            f"filter: Filter {flip('order_by')}: OrderBy"
            f" {flip('updated_after')}: DateTime where: Where"
        )
        if self.paging == "lighthouse":
            since = f"{since} orderBy: [OrderClause!]".replace("orderBy: OrderBy", "")
        lines = ["viewer: Viewer", "node(id: ID!): Node"]
        for root, name in ROOTS.items():
            if ("Query", root) in self.without:
                continue
            own = "object: String! " if root in OF_OBJECT else ""
            kind = f"[{name}]!" if self.paging == "offset" else f"{name}Page!"
            lines.append(f"{flip(root)}({own}{page} {since}): {kind}")
        return "type Query {\n  " + "\n  ".join(lines) + "\n}"
