"""Which of a school's classes a list shows. What is chosen is in the URL: years and subjects, never names."""

from dataclasses import dataclass

from django.db.models.functions import Lower

from classes.models import SchoolClass
from schools.web.tables import IN_SCHOOL_ORDER

STANDINGS = {"in": "Classes that are in", "out": "Classes left out", "all": "All of them"}


@dataclass(frozen=True)
class ClassFilter:
    """standing: one of STANDINGS; year and subject: "" means all."""

    standing: str = "in"
    year: str = ""
    subject: str = ""

    @classmethod
    def asked(cls, request):
        standing = request.GET.get("standing", "in")
        return cls(
            standing if standing in STANDINGS else "in", request.GET.get("year", ""), request.GET.get("subject", "")
        )

    def apply(self, classes):
        if self.standing != "all":
            classes = classes.filter(status=SchoolClass.Status(self.standing))
        if self.year:
            classes = classes.filter(year_group=self.year)
        return classes.filter(subject__iexact=self.subject) if self.subject else classes

    def choices(self, classes):
        """What else could be chosen among `classes`, in two queries."""
        years = classes.exclude(year_group="").order_by(IN_SCHOOL_ORDER).values_list("year_group", flat=True)
        subjects = classes.exclude(subject="").order_by(Lower("subject")).values_list("subject", flat=True)
        return {"standings": STANDINGS, "years": list(dict.fromkeys(years)), "subjects": list(dict.fromkeys(subjects))}
