"""Students, for the learning product, and what it reports about their week. UPN, UPI and contacts never leave."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from classes.models import Enrolment
from schools.rest.endpoints import ApiMixin, Strict, Text, asked_school
from students.models import Details, Student
from students.progress import NUMBERS, ROWS_LIMIT, upsert_progress
from sync.facts.kinds import DETAILS, STUDENTS
from sync.rest import RosterQuery, RosterViewSet, fields_of


class StudentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Student
        fields = fields_of(STUDENTS)


class StudentQuery(RosterQuery):
    class_id = serializers.IntegerField(
        required=False, min_value=1, max_value=10**18, help_text="Those who are in this class now."
    )
    year_group = Text(required=False, max_length=20, help_text="As the MIS spells it.")


class StudentViewSet(RosterViewSet):
    """Students in the imported classes."""

    model, kind, serializer_class, list_query = Student, "students", StudentSerializer, StudentQuery
    queryset = Student.objects.none()

    def filter_queryset(self, rows):
        rows = super().filter_queryset(rows)
        if "class_id" in self.params:
            stays = Enrolment.objects.visible_to_token(self.request.auth).current()
            rows = rows.filter(pk__in=stays.filter(school_class=self.params["class_id"]).values("student"))
        if "year_group" in self.params:
            rows = rows.filter(year_group=self.params["year_group"])
        return rows


class DetailsSerializer(serializers.ModelSerializer):
    class Meta:
        model = Details
        fields = fields_of(DETAILS)


class DetailsQuery(RosterQuery):
    """Details have no Wonde id, and there are none of anybody who has left."""

    wonde_id = left = None
    student_id = serializers.IntegerField(required=False, min_value=1, max_value=10**18, help_text="One student.")


class DetailsViewSet(RosterViewSet):
    """What schools share of students for purposes of its own: "" where a school does not, or its MIS does not say.
    birthday: month and day. eal, pupil_premium: yes or no. sen: none, support or plan."""

    required_scope = "markers"
    model, kind, serializer_class = Details, "details", DetailsSerializer
    queryset = Details.objects.none()

    def query_class(self):
        return DetailsQuery if self.action == "list" else None

    def get_queryset(self):
        return Details.objects.visible_to_token(self.request.auth)

    def filter_queryset(self, rows):
        rows = super().filter_queryset(rows)
        return rows.filter(student=self.params["student_id"]) if "student_id" in self.params else rows


class WholeNumber(serializers.IntegerField):
    """A JSON number, where 42.0 is 42; not text that looks like a number."""

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int | float) or data % 1:
            self.fail("invalid")
        return super().to_internal_value(int(data))


class ProgressRow(Strict):
    """One student's week. Names the student by exactly one of student_id and wonde_id."""

    student_id = WholeNumber(required=False, min_value=1, max_value=10**18)
    wonde_id = Text(required=False, max_length=32)
    week = Text(
        r"^20[0-9]{2}-W[0-9]{2}$", "Give the week as 2026-W41.", help_text="The ISO week, for example 2026-W41."
    )
    tasks_set = WholeNumber(required=False, min_value=0, max_value=NUMBERS["tasks_set"])
    tasks_done = WholeNumber(required=False, min_value=0, max_value=NUMBERS["tasks_done"])
    minutes = WholeNumber(required=False, min_value=0, max_value=NUMBERS["minutes"])
    points = WholeNumber(required=False, min_value=0, max_value=NUMBERS["points"])
    note = Text(required=False, allow_blank=True, max_length=200)


class ProgressSerializer(Strict):
    """Weeks of students at one school."""

    school_id = WholeNumber(min_value=1, max_value=10**18)
    rows = serializers.ListField(child=ProgressRow(), max_length=ROWS_LIMIT)


class RowError(serializers.Serializer):
    row = serializers.IntegerField(min_value=1, help_text="Its place in `rows`, from 1.")
    message = serializers.CharField()


class SavedSerializer(serializers.Serializer):
    written = serializers.IntegerField(help_text="Rows that were new or changed.")
    unchanged = serializers.IntegerField(help_text="Rows we had already.")
    errors = RowError(many=True, help_text="Rows that were not saved, and why. The others were.")


class ProgressView(ApiMixin, APIView):
    """Save up to 5,000 weeks for one school. Sending the same rows again writes nothing."""

    required_scope = "progress"

    @extend_schema(operation_id="progress_save", request=ProgressSerializer, responses=SavedSerializer)
    def put(self, request):
        body = ProgressSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        school = asked_school(request.auth, body.validated_data["school_id"])
        saved = upsert_progress(school, body.validated_data["rows"])
        errors = [{"row": row, "message": message} for row, message in saved.errors]
        return Response({"written": saved.written, "unchanged": saved.unchanged, "errors": errors})
