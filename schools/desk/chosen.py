"""The school that a list is asked for."""

from schools.access import rights
from schools.models import School
from schools.web.ids import as_id


def chosen_school(request, task):
    """The school of `?school=`, looked up once a request; None if none is named or the viewer does not hold `task` for
    it."""
    if not hasattr(request, "chosen_school"):
        mine = School.objects.supported_by(request.user)
        request.chosen_school = mine.filter(pk=as_id(request.GET.get("school", ""))).first()
    school = request.chosen_school
    return school if school and rights.may(request.user, task, school) else None
