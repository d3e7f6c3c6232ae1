"""One table for everyone who signs in: staff and support by email, students by school and username."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from schools.models.employee import Employee, LeadRight
from schools.models.right import SupportRight, Task
from schools.models.sharing import AuthoriserRight


class UserQuerySet(models.QuerySet):
    def staff(self):
        """Logins by email: school staff and support. Students sign in elsewhere."""
        return self.filter(email__isnull=False)

    def with_access(self):
        """Staff logins that may sign in now: support, school leads, staff the MIS still lists, and authorisers."""
        leads = LeadRight.objects.filter(user=OuterRef("pk"))
        works = Employee.objects.current().filter(user=OuterRef("pk"))
        agrees = AuthoriserRight.objects.standing().filter(user=OuterRef("pk"))
        has_a_reason = Q(is_staff=True) | Exists(leads) | Exists(works) | Exists(agrees)
        return self.staff().filter(has_a_reason, is_active=True)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email, password=None, **fields):
        """A staff login for the address `email`; it cannot sign in until a password is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """A support login with every task for every school, each a right that can be taken away, that may give rights
        to others; the admin still asks for a second factor."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        SupportRight.objects.using(self._db).bulk_create(SupportRight(user=user, task=task) for task in Task)
        return user

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField("email address", max_length=254, null=True, blank=True, unique=True)
    school = models.ForeignKey(
        "schools.School",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="student_users",
        help_text="Students only.",
        db_index=False,
    )
    username = models.CharField(
        max_length=40, null=True, blank=True, help_text="Students only. Unique within the school."
    )
    is_staff = models.BooleanField("support", default=False, help_text="May open the admin, with a second factor.")
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    signed_out_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they signed out everywhere: earlier sessions are over."
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = "sign-in"
        constraints = [
            models.CheckConstraint(
                name="user_is_staff_or_student",
                condition=Q(email__isnull=False, school__isnull=True, username__isnull=True)
                | Q(
                    email__isnull=True, school__isnull=False, username__isnull=False, is_staff=False, is_superuser=False
                ),
                violation_error_message="Give an email address (staff) or a school and username (student), not both.",
            ),
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.UniqueConstraint("school", Lower("username"), name="user_username_unique_in_school"),
        ]

    def __str__(self):
        return self.email or self.username or ""

    @cached_property
    def support_tasks(self):
        """What they may do as support, {task: whether for every school}; looked up once a request."""
        if not (self.is_active and self.is_staff):
            return {}
        held = {}
        for task, group in self.support_rights.values_list("task", "group"):
            held[task] = held.get(task, False) or group is None
        return held

    def get_full_name(self):
        return str(self)
