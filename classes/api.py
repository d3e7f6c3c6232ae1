"""Classes, who is in them and who teaches them, for the learning product."""

from rest_framework import serializers

from classes.models import Enrolment, SchoolClass, Teaching
from schools.rest.endpoints import Text
from sync.facts.kinds import CLASSES, ENROLMENTS, TEACHINGS
from sync.rest import RosterQuery, RosterViewSet, fields_of


class ClassSerializer(serializers.ModelSerializer):
    class Meta:
        model = SchoolClass
        fields = fields_of(CLASSES)


class ClassQuery(RosterQuery):
    year_group = Text(required=False, max_length=20, help_text="As the MIS spells it.")


class ClassViewSet(RosterViewSet):
    """Imported classes."""

    model, kind, serializer_class, list_query = SchoolClass, "classes", ClassSerializer, ClassQuery
    queryset = SchoolClass.objects.none()

    def filter_queryset(self, rows):
        rows = super().filter_queryset(rows)
        if "year_group" in self.params:
            rows = rows.filter(year_group=self.params["year_group"])
        return rows


class StayQuery(RosterQuery):
    """Stays have no Wonde id."""

    wonde_id = None
    class_id = serializers.IntegerField(required=False, min_value=1, max_value=10**18, help_text="One class.")


class EnrolmentQuery(StayQuery):
    student_id = serializers.IntegerField(required=False, min_value=1, max_value=10**18, help_text="One student.")


class TeachingQuery(StayQuery):
    employee_id = serializers.IntegerField(required=False, min_value=1, max_value=10**18, help_text="One teacher.")


class StayViewSet(RosterViewSet):
    def filter_queryset(self, rows):
        rows = super().filter_queryset(rows)
        columns = {"class_id": "school_class", "student_id": "student", "employee_id": "employee"}
        asked = {column: self.params[name] for name, column in columns.items() if name in self.params}
        return rows.filter(**asked)


class EnrolmentSerializer(serializers.ModelSerializer):
    class_id = serializers.IntegerField(source="school_class_id")

    class Meta:
        model = Enrolment
        fields = fields_of(ENROLMENTS)


class EnrolmentViewSet(StayViewSet):
    """Students' stays in classes: one at a time for each student, and those that have ended."""

    model, kind, serializer_class, list_query = Enrolment, "enrolments", EnrolmentSerializer, EnrolmentQuery
    queryset = Enrolment.objects.none()


class TeachingSerializer(serializers.ModelSerializer):
    class_id = serializers.IntegerField(source="school_class_id")

    class Meta:
        model = Teaching
        fields = fields_of(TEACHINGS)


class TeachingViewSet(StayViewSet):
    """Who teaches which class. main: the main teacher, according to the MIS."""

    model, kind, serializer_class, list_query = Teaching, "teachings", TeachingSerializer, TeachingQuery
    queryset = Teaching.objects.none()
