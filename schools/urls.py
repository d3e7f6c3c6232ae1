from django.urls import path

from schools.pages import agreement, authorisers, home, invitations, start

app_name = "schools"

urlpatterns = [
    path("schools/", home.choose, name="choose"),
    path("who-am-i/", home.who_am_i, name="who_am_i"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/hand-on/", invitations.hand_on, name="hand_on"),
    path("schools/<slug:code>/start/", start.start, name="start"),
    path("schools/<slug:code>/agreement/<id:pk>/", agreement.agreement, name="agreement"),
    path("schools/<slug:code>/agreement/<id:pk>/file/", agreement.as_file, name="agreement_file"),
    path("schools/<slug:code>/receipts/<id:pk>/", agreement.receipt, name="receipt"),
    path("schools/<slug:code>/authorisers/", authorisers.authorisers, name="authorisers"),
    path("invitation/<str:secret>/", invitations.invitation_link, name="invitation_link"),
]
