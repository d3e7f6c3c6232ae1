"""What the sync keeps about itself: a school's settings, its runs, every change, what is held."""

from sync.models.access import Access, AccessList
from sync.models.asked import AskedSync
from sync.models.copies import AccessCopy, AccessRequest
from sync.models.decision import Approval, ChangeOfMis, Hold, Recognition
from sync.models.feed import Change
from sync.models.hook import AnnouncedMove, Hook, StandingCheck
from sync.models.need import Need, Reminder
from sync.models.permission import PermissionChange, PermissionState
from sync.models.question import Question
from sync.models.recurring import RecurringWork
from sync.models.run import SyncRun
from sync.models.settings import SyncSettings, default_subjects
from sync.models.stop import Stop
from sync.models.wcbs import Wcbs

__all__ = [
    "Access",
    "AccessCopy",
    "AccessList",
    "AccessRequest",
    "AnnouncedMove",
    "Approval",
    "AskedSync",
    "Change",
    "ChangeOfMis",
    "Hold",
    "Hook",
    "Need",
    "PermissionChange",
    "PermissionState",
    "Question",
    "Recognition",
    "RecurringWork",
    "Reminder",
    "StandingCheck",
    "Stop",
    "SyncRun",
    "SyncSettings",
    "Wcbs",
    "default_subjects",
]
