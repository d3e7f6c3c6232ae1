"""What the sync keeps of itself: a school's switch and policy, its runs, every change, what is held."""

from sync.models.asked import AskedSync
from sync.models.change import Change
from sync.models.decision import Approval, Hold, Migration, Recognition
from sync.models.question import Question
from sync.models.recurring import RecurringWork
from sync.models.run import SyncRun
from sync.models.settings import Connection, default_subjects

__all__ = [
    "Approval",
    "AskedSync",
    "Change",
    "Connection",
    "Hold",
    "Migration",
    "Question",
    "Recognition",
    "RecurringWork",
    "SyncRun",
    "default_subjects",
]
