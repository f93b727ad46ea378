"""What source records become: one class per kind of Odoo record."""

from .activity import ActivityTarget
from .attachment import AttachmentTarget
from .contact import ContactTarget
from .custom import CustomTarget, KindTarget, LinkedFieldsTarget
from .definition import DefinitionTarget
from .equipment import EquipmentTarget
from .equipment_text import EquipmentTextTarget
from .engagement import EngagementTarget
from .event import EventTarget
from .group import GroupTarget
from .label import LabelTarget
from .lead import LeadTarget
from .membership import MembershipTarget
from .message import MessageTarget
from .owner import OwnerTarget
from .partner import PartnerTarget
from .project import ProjectTarget, ProjectTextTarget
from .stage import StageTarget
from .tag import TagTarget
from .task import TaskTarget
from .template import TemplateTarget

#: Key used in presets and on ``migration.object`` to class.
TARGETS = {
    "definition": DefinitionTarget,
    "owner": OwnerTarget,
    "stage": StageTarget,
    "partner": PartnerTarget,
    "contact": ContactTarget,
    "membership": MembershipTarget,
    "group": GroupTarget,
    "lead": LeadTarget,
    "equipment": EquipmentTarget,
    "label": LabelTarget,
    "tag": TagTarget,
    "equipment_text": EquipmentTextTarget,
    "project": ProjectTarget,
    "project_text": ProjectTextTarget,
    "task": TaskTarget,
    "message": MessageTarget,
    "activity": ActivityTarget,
    "event": EventTarget,
    "engagement": EngagementTarget,
    "attachment": AttachmentTarget,
    "custom": CustomTarget,
    "custom_fields": LinkedFieldsTarget,
    "kind": KindTarget,
    "template": TemplateTarget,
}
