from parents.models.choices import AddressChoice, Block
from parents.models.contact import Contact, Guardianship
from parents.models.hold import MailHold
from parents.models.mail import MailSettings, WeeklyMail

__all__ = ["AddressChoice", "Block", "Contact", "Guardianship", "MailHold", "MailSettings", "WeeklyMail"]
