"""The last step of `make demo`: add the invented schools, sync them through the queue, and say how to sign in."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from students.cards import codes
from sync.management import demo
from sync.models import SyncRun
from sync.people.adding_schools import SchoolRefusedError
from sync.sandbox import choices

READY = """
Rollbook is ready:  {site}

                    address                             password
  Teacher           {teacher:<36}{password}
  School lead       {lead:<36}{password}
  Authoriser        {authoriser:<36}{password}
  Support           {support:<36}{password}
                    and six digits that `make support-code` prints in another terminal
  Student's card    {card}

  Wonde sandbox     {wonde}/_sandbox/
  Mail it sent      {wonde}/_sandbox/mail/
  WCBS sandbox      https://{wcbs}  client id {wcbs_client}  client secret {wcbs_secret}
  Its log           .data/demo.log

In another terminal `make next-day` lets a school day pass, `make next-week` a week of mail. Stop with Ctrl-C."""


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        demo.secret("DEMO_PASSWORD")
        try:
            schools = demo.add_schools()
        except SchoolRefusedError as error:
            raise CommandError(str(error)) from error
        secondary = schools[0]
        demo.make_support()
        lead = demo.make_lead(secondary)
        unread = [school for school in schools if not SyncRun.objects.applied().filter(school=school).exists()]
        if unread:
            self.stdout.write("Reading the schools from the Wonde sandbox")
            demo.sync_and_watch(unread, self.say)
        teacher = demo.make_teacher(secondary)
        demo.send_weekly_mail(secondary)
        self.say(
            READY.format(
                site=settings.SITE_URL,
                teacher=teacher.email,
                lead=lead.email,
                authoriser=demo.AUTHORISER_EMAIL,
                support=demo.SUPPORT_EMAIL,
                password=demo.secret("DEMO_PASSWORD"),
                card=card(demo.class_of(teacher)),
                wcbs=settings.OUTSIDE_ALLOW_HOSTS[0],
                wcbs_client=choices.WCBS_CLIENT,
                wcbs_secret=choices.WCBS_SECRET,
                wonde=settings.WONDE_BASE_URL,
            )
        )

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()


def card(school_class):
    """What a student's login card says: the first of the class list who has not chosen a password yet."""
    if school_class is None:
        return "none: the teacher's classes have no students now"
    school, students = school_class.school, school_class.students.filter(enrolments__left_at=None).in_order()
    student = next((one for one in students.select_related("user") if not one.user.has_usable_password()), None)
    if student is None:
        return f"none: everybody in {school_class} has chosen a password"
    words = " ".join(codes.renew(school, [student], by=None)[student.pk])
    door = f"{settings.SITE_URL}/s/{school.code}/"
    return f"{student} of {school_class}: {door}  username {student.user.username}  words {words}"
