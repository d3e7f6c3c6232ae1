"""Schools and staff, for the learning product. Their addresses never leave."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, authentication_classes, permission_classes, throttle_classes
from rest_framework.response import Response

from classes.models import Teaching
from schools.models import Employee, School
from schools.rest.endpoints import Ids, PageQuery, Text
from schools.rest.problems import PROBLEMS, Problem, type_of
from sync.facts.kinds import EMPLOYEES, IN_API
from sync.models.feed import OF_SCHOOLS
from sync.needs.queue import for_product
from sync.needs.states import ForProduct
from sync.rest import MomentField, RosterQuery, RosterViewSet, fields_of


class SchoolSerializer(serializers.ModelSerializer):
    withheld = serializers.SerializerMethodField(
        help_text="Kinds the school does not share any more: their rows are not here, and a copy must drop them."
    )

    in_doubt = serializers.SerializerMethodField(
        help_text="Kinds that Wonde refused at the last sync, perhaps by a fault: their rows are not here for now. "
        "Keep your copy, and use nothing of it until the next sync."
    )

    as_of = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="From when its lists are: the last sync, or earlier, where Wonde had nothing newer; null: none yet.",
    )

    read_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When its last complete sync ended; null: none yet."
    )

    state = serializers.ChoiceField(
        [str(each) for each in ForProduct],
        read_only=True,
        help_text="current: as the school's MIS has it. waiting: for somebody at the school to decide. late: what is "
        "here is old, or what came could not be believed. withheld: a kind is not shared, or was refused. paused: a "
        "sync was undone, and nothing new comes in. Noted anew every five minutes.",
    )

    class Meta:
        model = School
        fields = ["id", *OF_SCHOOLS, "withheld", "in_doubt", "as_of", "read_at", "state"]

    def get_withheld(self, school) -> list[str]:
        return sorted(kind for kind in school.frozen if kind in IN_API)

    def get_in_doubt(self, school) -> list[str]:
        return sorted(kind for kind in school.doubted if kind in IN_API)


class SchoolQuery(PageQuery):
    id = Ids(required=False, help_text="Up to 200 ids of ours, separated by commas.")
    wonde_id = Text(required=False, max_length=32, help_text="Wonde's own id.")
    changed_since = MomentField(required=False, help_text="Changed at this moment or later.")


class SchoolViewSet(RosterViewSet):
    """This token's schools that share their lists with the product."""

    model, kind, serializer_class, list_query = School, "schools", SchoolSerializer, SchoolQuery
    queryset = School.objects.none()
    school_column = "pk"

    def leaving(self, rows):
        """A school is nobody: what is said of it is not counted."""

    def query_class(self):
        return SchoolQuery if self.action == "list" else None

    def get_queryset(self):
        return for_product(School.objects.visible_to_token(self.request.auth).with_age())


class EmployeeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Employee
        fields = fields_of(EMPLOYEES)


class EmployeeQuery(RosterQuery):
    class_id = serializers.IntegerField(
        required=False, min_value=1, max_value=10**18, help_text="Those who teach this class now."
    )


class EmployeeViewSet(RosterViewSet):
    """Staff who teach the imported classes."""

    model, kind, serializer_class, list_query = Employee, "employees", EmployeeSerializer, EmployeeQuery
    queryset = Employee.objects.none()

    def filter_queryset(self, rows):
        rows = super().filter_queryset(rows)
        if "class_id" in self.params:
            teach = Teaching.objects.visible_to_token(self.request.auth).current()
            rows = rows.filter(pk__in=teach.filter(school_class=self.params["class_id"]).values("employee"))
        return rows


@extend_schema(exclude=True)
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
@throttle_classes([])
def problem(request, slug):
    """What a problem's `type` means, for anyone who opens its address."""
    if slug not in PROBLEMS:
        raise Problem("not-found", "No problem of the API has this name.")
    code, title, what_to_do = PROBLEMS[slug]
    return Response({"type": type_of(slug), "status": code, "title": title, "what_to_do": what_to_do})
