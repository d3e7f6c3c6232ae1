"""The feed of changes, and a sync on demand, for the learning product."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from schools.models import ApiRead, School
from schools.rest.endpoints import MOST_A_PAGE, ApiMixin, Strict, Text, asked_school, only_own
from schools.rest.problems import Problem
from sync.models import SyncRun, SyncSettings, feed
from sync.models.feed import Change, Cursor
from sync.people import sync_on_demand
from sync.tasks import queue_sync


class ChangeSerializer(serializers.ModelSerializer):
    kind = serializers.ChoiceField(feed.KINDS, help_text="The list its row is in.")
    replaces_id = serializers.SerializerMethodField(help_text="Of a move: the stay that it ended.")

    class Meta:
        model = Change
        fields = ["kind", "row_id", "verb", "school_id", "at", "replaces_id"]

    def get_replaces_id(self, change) -> int | None:
        return self.context["ended"].get(change.row_id) if change.verb == Change.Verb.MOVE else None


class ChangePage(serializers.Serializer):
    results = ChangeSerializer(many=True)
    cursor = serializers.CharField(help_text="Store it with what you did, and send it as `after` next time.")
    more = serializers.BooleanField(help_text="Whether there are more now.")


class ChangesQuery(Strict):
    after = Text(
        rf"^({feed.LATEST}|{feed.CURSOR.strip('^$')})$",
        "Send a cursor exactly as an answer gave it, or `latest`.",
        required=False,
        help_text="A cursor; `latest`: nothing but the cursor of now; left out: from the oldest change kept.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_A_PAGE, default=500, help_text="Changes a page.")
    school_id = serializers.IntegerField(required=False, min_value=1, max_value=10**18, help_text="One school.")


class ChangesView(ApiMixin, APIView):
    """What was created, came back, changed, moved, left or was erased: ids and verbs, in an order that is safe to
    follow."""

    required_scope = "changes"
    query, kind = ChangesQuery, ApiRead.FEED

    @extend_schema(operation_id="changes_follow", responses=ChangePage, extensions={"x-also": ["410"]})
    def get(self, request):
        changes = Change.objects.visible_to_token(request.auth)
        if "school_id" in self.params:
            changes = changes.filter(school=asked_school(request.auth, self.params["school_id"]))
        after = self.params.get("after")
        if after == feed.LATEST:
            return Response({"results": [], "cursor": str(feed.horizon().cursor), "more": False})
        try:
            page, cursor, more = changes.read_from(Cursor.read(after) if after else None, self.params["limit"])
        except feed.CursorTooOld as error:
            raise Problem(
                "cursor-too-old", str(error), [("after", "Read all again, then follow from `latest`.")]
            ) from error
        page = only_own(request.auth, page)
        self.leaving(page)
        context = {"ended": feed.ended_by_moves(page)}
        results = ChangeSerializer(page, many=True, context=context).data
        return Response({"results": results, "cursor": str(cursor), "more": more})


class RunSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    school_id = serializers.IntegerField()
    status = serializers.ChoiceField([sync_on_demand.QUEUED, *SyncRun.Status.values])
    step = serializers.CharField(allow_blank=True, help_text="Where it is, while it runs.")
    message = serializers.CharField(allow_blank=True, help_text="Why nothing was changed, and what to do next.")
    asked_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()), help_text="How many of each verb, by kind."
    )


def _told(asked, token):
    run = asked.find_run()
    return {
        "id": asked.id,
        "school_id": asked.school_id,
        "status": run.status if run else sync_on_demand.QUEUED,
        "step": run.step if run and run.status == run.Status.RUNNING else "",
        "message": run.message if run else "",
        "asked_at": asked.asked_at,
        "started_at": run and run.started_at,
        "ended_at": run and run.ended_at,
        "counts": {kind: verbs for kind, verbs in run.counts.items() if kind in feed.kinds_of(token)} if run else {},
    }


class SyncView(ApiMixin, APIView):
    """Queue a sync of one school. The answer says what to follow; asking again before it has ended gives the same
    answer."""

    required_scope = "sync"

    @extend_schema(
        operation_id="sync_start", request=None, responses={202: RunSerializer}, extensions={"x-also": ["409"]}
    )
    def post(self, request, pk):
        school = asked_school(request.auth, pk)
        if not SyncSettings.objects.filter(school=school, enabled=True).exists():
            raise Problem("conflict", "This school is not being synced. Ask support to switch its sync on.")
        asked = sync_on_demand.under_way(school) or queue_sync(school, by=None, trigger=SyncRun.Trigger.API)
        location = request.build_absolute_uri(reverse("api:run", args=[asked.id]))
        return Response(RunSerializer(_told(asked, request.auth)).data, status=202, headers={"Location": location})


class RunView(ApiMixin, APIView):
    """What became of a sync that was asked for; kept for a day."""

    required_scope = "sync"

    @extend_schema(operation_id="sync_follow", responses=RunSerializer)
    def get(self, request, pk):
        asked = sync_on_demand.find(pk)
        schools = School.objects.visible_to_token(request.auth)
        if asked is None or not only_own(request.auth, schools.filter(pk=asked.school_id)):
            raise Problem("not-found", "No sync was asked for by this id today.")
        return Response(RunSerializer(_told(asked, request.auth)).data)
