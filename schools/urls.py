from django.urls import path

from schools import invitation_views, views

app_name = "schools"

urlpatterns = [
    path("schools/", views.choose, name="choose"),
    path("who-am-i/", views.who_am_i, name="who_am_i"),
    path("invitation/", invitation_views.invitation, name="invitation"),
    path("invitation/<str:secret>/", invitation_views.invitation_link, name="invitation_link"),
]
