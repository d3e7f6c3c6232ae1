from schools.models.audit import AuditEntry
from schools.models.employee import Employee, LeadRight
from schools.models.erasure import Erasure, PersonBlock
from schools.models.invitation import Invitation
from schools.models.last_read import LastRead
from schools.models.outgoing import OutgoingMail
from schools.models.proposal import Proposal
from schools.models.right import SchoolGroup, SupportRight, Task
from schools.models.school import School
from schools.models.sharing import Acceptance, Agreement, AskedAnew, AuthoriserRight, SchoolPurpose, Sharing
from schools.models.signing_in import ProductSignIn, Session, Tries
from schools.models.token import ApiRead, ApiToken
from schools.models.user import User

__all__ = [
    "Acceptance",
    "Agreement",
    "ApiRead",
    "ApiToken",
    "AskedAnew",
    "AuditEntry",
    "AuthoriserRight",
    "Employee",
    "Erasure",
    "Invitation",
    "LastRead",
    "LeadRight",
    "OutgoingMail",
    "PersonBlock",
    "ProductSignIn",
    "Proposal",
    "School",
    "SchoolGroup",
    "SchoolPurpose",
    "Session",
    "Sharing",
    "SupportRight",
    "Task",
    "Tries",
    "User",
]
