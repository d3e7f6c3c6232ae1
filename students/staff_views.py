"""A student, for those who teach them. Students' own pages: `students.views`."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from schools.models import LeadRight, School
from students.models import Student


@require_safe
def student_detail(request, pk):
    """Who is this, in which class, and since when?"""
    student = get_object_or_404(Student.objects.visible_to(request.user).select_related("user"), pk=pk)
    school = get_object_or_404(School.objects.for_portal(request.user), pk=student.school_id)
    stays = student.enrolments.select_related("school_class").order_by("-joined_at", "-pk")
    context = {
        "school": school,
        "student": student,
        "stays": stays,
        "may_see_sign_in": school.leads_here or Student.objects.taught_by(request.user).filter(pk=pk).exists(),
        "leads": LeadRight.objects.filter(school=school).with_names(),
    }
    return render(request, "students/detail.html", context)
