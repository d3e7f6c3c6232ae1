"""Links in mails carry their token in the query, which no access log holds."""

from django.urls import path

from parents import school_views, views

app_name = "parents"

urlpatterns = [
    path("schools/<slug:code>/parents/", school_views.overview, name="overview"),
    path("mail/stop", views.stop, name="stop"),
    path("mail/again", views.again, name="again"),
    path("mail/not-mine", views.not_mine, name="not_mine"),
]
