"""Whether classes of a school may come in: somebody has agreed for it, or they came in before anybody was asked to."""

from django.conf import settings
from django.db.models import Exists, OuterRef

from classes.models import SchoolClass
from schools.models import Acceptance, School

NOT_YET = "Nobody has agreed for the school to what it shares: that comes first, under “Agreement”. Nothing was done."


def may_import(school):
    """One query, or none where no agreement is required. A school that has begun goes on, whatever it agrees to
    later."""
    if not settings.AGREEMENT_REQUIRED:
        return True
    has_agreed = Acceptance.objects.filter(school=OuterRef("pk"))
    has_begun = SchoolClass.objects.filter(school=OuterRef("pk"), wonde_id__isnull=False, status=SchoolClass.Status.IN)
    return School.objects.filter(Exists(has_agreed) | Exists(has_begun), pk=school.pk).exists()
