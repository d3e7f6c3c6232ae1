from django.urls import path

from sync import audit_views, class_views, decision_views, leaving_views, staff_views, views, why_views, wizard_views

app_name = "sync"

urlpatterns = [
    path("schools/<slug:code>/", views.school, name="school"),
    path("schools/<slug:code>/held/", views.held, name="held"),
    path("schools/<slug:code>/import/", wizard_views.choose, name="import"),
    path("schools/<slug:code>/import/match/", wizard_views.match, name="import_match"),
    path("schools/<slug:code>/import/file/", wizard_views.upload, name="import_upload"),
    path("schools/<slug:code>/import/template/", wizard_views.template, name="import_template"),
    path("schools/<slug:code>/import/preview/", wizard_views.preview, name="import_preview"),
    path("schools/<slug:code>/import/start/", wizard_views.start, name="import_start"),
    path("schools/<slug:code>/import/progress/", wizard_views.progress, name="import_progress"),
    path("schools/<slug:code>/import/cancel/", wizard_views.cancel, name="import_cancel"),
    path("schools/<slug:code>/second-classes/", class_views.second_classes, name="second"),
    path("schools/<slug:code>/history/", views.history, name="history"),
    path("schools/<slug:code>/history/<int:pk>/", views.run, name="run"),
    path("schools/<slug:code>/held/decide/", decision_views.decide, name="decide"),
    path("schools/<slug:code>/preview/", decision_views.preview, name="preview"),
    path("schools/<slug:code>/new-year/", decision_views.new_year, name="new_year"),
    path("schools/<slug:code>/change-of-mis/", decision_views.change_of_mis, name="change_of_mis"),
    path("schools/<slug:code>/resume/", decision_views.resume, name="resume"),
    path("schools/<slug:code>/history/<int:pk>/undo/", decision_views.undo, name="undo"),
    path("schools/<slug:code>/left/", leaving_views.left, name="left"),
    path("schools/<slug:code>/left/<slug:kind>/<int:pk>/", leaving_views.erase, name="erase"),
    path("schools/<slug:code>/frozen/<slug:kind>/", leaving_views.erase_kind, name="erase_kind"),
    path("schools/<slug:code>/export/", leaving_views.export, name="export"),
    path("schools/<slug:code>/revoked/", leaving_views.revoked, name="revoked"),
    path("schools/<slug:code>/revoked/erase/", leaving_views.erase_school, name="erase_school"),
    path("schools/<slug:code>/staff/", staff_views.members, name="staff"),
    path("schools/<slug:code>/staff/<int:pk>/", staff_views.member, name="staff_member"),
    path("schools/<slug:code>/staff/leads/", staff_views.invite_lead, name="invite_lead"),
    path("schools/<slug:code>/staff/leads/<int:pk>/", staff_views.lead, name="staff_lead"),
    path("schools/<slug:code>/staff/invitations/<int:pk>/", staff_views.take_back, name="take_back"),
    path("schools/<slug:code>/audit/", audit_views.audit, name="audit"),
    path("schools/<slug:code>/why/", why_views.why, name="why"),
    path("schools/<slug:code>/what-we-hold/", views.fields, name="fields"),
]
