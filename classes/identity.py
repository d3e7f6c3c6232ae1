"""Who somebody is to the learning product: their OpenID Connect claims, and whether they may use it at all.

`schools.auth` and `students.auth` decide who may sign in; they are asked again at every step, not only the first.
"""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Token
from django.conf import settings
from django.contrib.auth import get_backends
from oauthlib.oauth2.rfc6749.errors import InvalidTokenError

from classes.models import Enrolment, SchoolClass
from schools.models import Employee, ProductSignIn, School
from schools.web.ids import as_id
from students.models import Student

CLAIMS = ("role", "school", "class", "student_id", "employee_id")
NAMES = ("name", "given_name", "family_name")


def who(user):
    """Claims about `user`; None for somebody with no business at the product (support, a school that left)."""
    return _student(user) if user.email is None else _staff(user)


def _student(user):
    student = Student.objects.current().certain().filter(user=user).first()
    if student is None:
        return None
    stays = Enrolment.objects.current().filter(student=student, school_class__in=SchoolClass.objects.current().shown())
    return {
        "role": "student",
        "school": [student.school_id],
        "class": list(stays.values_list("school_class", flat=True)),
        "student_id": student.pk,
        "name": str(student),
        "given_name": student.forename,
        "family_name": student.surname,
    }


def _staff(user):
    here = Employee.objects.current().certain().filter(user=user)
    employees = list(here.select_related("school").order_by("pk"))
    leads = School.objects.shown().led_by(user).values_list("pk", flat=True)
    if not employees and not leads:
        return None
    taught = SchoolClass.objects.current().taught_by(user).filter(school__in=here.values("school")).order_by("pk")
    claims = {
        "role": "teacher" if employees else "lead",
        "school": sorted({employee.school_id for employee in employees} | set(leads)),
        "class": list(taught.values_list("pk", flat=True)),
        "employee_id": [employee.pk for employee in employees],
    }
    named = next((employee for employee in employees if "employees" not in employee.school.kept_back), None)
    if named:
        claims |= {"name": str(named), "given_name": named.forename, "family_name": named.surname}
    return claims


def forget_old_tokens():
    """Delete sign-in tokens that have expired, five minutes after they were issued."""
    Token.objects.expired().delete()


class ProductAdapter(DefaultOIDCAdapter):
    """Our claims, and a refusal for anyone who may no longer sign in."""

    def get_issuer(self):
        return settings.SITE_URL

    def get_user_by_sub(self, client, sub):
        """Called when a code is exchanged: anyone removed in the meantime gets nothing for it."""
        users = (backend.get_user(as_id(sub)) for backend in get_backends())
        return next((user for user in users if user and who(user)), None)

    def get_claims(self, purpose, user, client, scopes, email=None, **kwargs):
        """Raises InvalidTokenError for somebody removed after they got a token. ID tokens carry no names: they travel
        in URLs when somebody signs out. Each is a sign-in to the product, and noted."""
        user = self.get_user_by_sub(client, self.get_user_sub(client, user))
        if user is None:
            raise InvalidTokenError("This person may not use the product any more.")
        wanted = CLAIMS + (NAMES if "profile" in scopes and purpose == "userinfo" else ())
        claims = {name: value for name, value in who(user).items() if name in wanted}
        if purpose == "id_token":
            ProductSignIn.objects.note(user, client.name)
        return {"sub": self.get_user_sub(client, user)} | claims

    def populate_server_metadata(self, data):
        """Only what is open here: the code flow with a proof key."""
        data.pop("device_authorization_endpoint", None)
        data["scopes_supported"] = ["openid", "profile"]
        data["grant_types_supported"] = ["authorization_code"]
        data["response_types_supported"] = ["code"]
        data["claims_supported"] = ["sub", *CLAIMS, *NAMES]
