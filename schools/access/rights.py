"""Which support staff may do what, and where: every list, page and action of support asks here.

Rights are rows (`SupportRight`), and nothing else implies one: a superuser gives and takes rights, but has only those
they were given. Students, school staff and support logins that are switched off have none.
"""

from django.db import transaction
from django.db.models import Q

from schools.models import AuditEntry, School, SupportRight, Task, User


class RightRefusedError(Exception):
    """Why something may not be done, in a sentence for the person who tried."""


def anywhere(user, task):
    """Whether `user` holds `task` for some school."""
    return task in user.support_tasks


def everywhere(user, task):
    """Whether `user` holds `task` for every school, including those added later."""
    return user.support_tasks.get(task, False)


def may(user, task, school):
    """Whether `user` holds `task` for `school`, or for every school if that is None."""
    if school is None or everywhere(user, task):
        return everywhere(user, task)
    return anywhere(user, task) and School.objects.supported_by(user, task).filter(pk=school.pk).exists()


def tasks_at(user, school):
    """The tasks `user` holds for `school`."""
    if not user.support_tasks:
        return frozenset()
    here = Q(group=None) | Q(group__schools=school)
    return frozenset(SupportRight.objects.filter(here, user=user).values_list("task", flat=True))


def with_tasks(user, schools):
    """`schools` as a list, each with the `tasks` that `user` holds for it; one query, whatever their number."""
    schools = list(schools)
    here = Q(group=None) | Q(group__schools__in=schools)
    held = SupportRight.objects.filter(here, user=user).values_list("group__schools", "task") if schools else ()
    by_school = {}
    for pk, task in held:
        by_school.setdefault(pk, set()).add(task)
    for school in schools:
        school.tasks = frozenset(by_school.get(None, set()) | by_school.get(school.pk, set()))
    return schools


def tasks_of_lead(school):
    """The tasks of whoever opens a `school` from `for_portal`: a lead all of them, staff none."""
    return frozenset(Task) if school.leads_here else frozenset()


def within(queryset, user, task, path="school"):
    """The rows of `queryset` that belong to schools where `user` holds `task`; path: from a row to its school."""
    if everywhere(user, task):
        return queryset
    return queryset.filter(**{f"{path}__in": School.objects.supported_by(user, task).values("pk")})


def schools_of(user):
    """Schools that an email login belongs to: those it leads or may agree for, and those whose staff it is or was."""
    theirs = Q(lead_rights__user=user) | Q(authoriser_rights__user=user) | Q(employees__user=user)
    return School.objects.filter(theirs).distinct()


def may_settle(by, user):
    """Whether `by` may change what the login `user` can do. Never their own; a superuser may change any other. Only a
    superuser may change a support login; a school's login may also be changed by whoever looks after the sign-ins of
    every school it belongs to."""
    if by == user or not (by.is_active and by.is_staff):
        return False
    if by.is_superuser or user.is_staff:
        return by.is_superuser
    if everywhere(by, Task.SIGN_INS):
        return True
    theirs = schools_of(user)
    mine = School.objects.supported_by(by, Task.SIGN_INS)
    return theirs.exists() and not theirs.exclude(pk__in=mine.values("pk")).exists()


@transaction.atomic
def grant(user, tasks, group=None, by=None):
    """Give the support login `user` each of `tasks` for the schools of `group`, or for every school. by: None for the
    operator. Returns how many were new."""
    if not user.is_staff:
        raise RightRefusedError(f"{user} is not support. Make it a support login first.")
    new = 0
    for task in tasks:
        _, made = SupportRight.objects.get_or_create(user=user, task=task, group=group, defaults={"granted_by": by})
        if made:
            note(by, "gave the support right", user, task, group)
            new += 1
    return new


@transaction.atomic
def take(user, tasks, group=None, by=None):
    """Take each of `tasks` for the schools of `group`, or for every school, from `user`. Returns how many were
    taken."""
    gone = 0
    for right in SupportRight.objects.filter(user=user, task__in=tasks, group=group):
        right.delete()
        note(by, "took the support right", user, right.task, group)
        gone += 1
    return gone


def note(by, verb, user, task, group):
    """An audit entry about the login; the schools of a group read it too, since they are few and it concerns them."""
    reason = f"{Task(task).label}: {group or 'every school'}"
    for school in [None, *(group.schools.all() if group else ())]:
        AuditEntry.objects.note(by, verb, user, school, reason)


def support():
    """Support logins that are switched on."""
    return User.objects.filter(is_staff=True, is_active=True)
