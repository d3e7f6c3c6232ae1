from classes.models.choice import Choice
from classes.models.draft import ImportDraft
from classes.models.request import ImportRequest, RequestedClass
from classes.models.school_class import Enrolment, SchoolClass, Teaching
from classes.models.uploaded import UploadedList

__all__ = [
    "Choice",
    "Enrolment",
    "ImportDraft",
    "ImportRequest",
    "RequestedClass",
    "SchoolClass",
    "Teaching",
    "UploadedList",
]
