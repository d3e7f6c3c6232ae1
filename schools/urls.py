from django.urls import path

from schools.pages import home, invitations

app_name = "schools"

urlpatterns = [
    path("schools/", home.choose, name="choose"),
    path("who-am-i/", home.who_am_i, name="who_am_i"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/<str:secret>/", invitations.invitation_link, name="invitation_link"),
]
