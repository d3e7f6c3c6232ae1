"""Links in mails carry their token in the query, which no access log keeps."""

from django.urls import path

from parents.pages import links, reach, school

app_name = "parents"

urlpatterns = [
    path("schools/<slug:code>/parents/", school.overview, name="overview"),
    path("schools/<slug:code>/parents/classes/<id:pk>/", reach.of_class, name="of_class"),
    path("schools/<slug:code>/parents/mails/", reach.mails, name="mails"),
    path("mail/stop", links.stop, name="stop"),
    path("mail/again", links.again, name="again"),
    path("mail/not-mine", links.not_mine, name="not_mine"),
]
