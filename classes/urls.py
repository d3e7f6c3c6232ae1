from django.urls import path

from classes.pages import classes, requests, sign_in

app_name = "classes"

urlpatterns = [
    path("schools/<slug:code>/classes/", classes.my_classes, name="mine"),
    path("schools/<slug:code>/classes/all/", classes.all_classes, name="all"),
    path("schools/<slug:code>/find/", classes.find, name="find"),
    path("classes/<id:pk>/", classes.class_detail, name="detail"),
    path("schools/<slug:code>/signin/", sign_in.school_signin, name="school_signin"),
    path("classes/<id:pk>/signin/", sign_in.class_signin, name="signin"),
    path("classes/<id:pk>/list.csv", classes.class_csv, name="csv"),
    path("schools/<slug:code>/classes/ask/", requests.ask, name="ask"),
    path("schools/<slug:code>/requests/", requests.request_list, name="requests"),
    path("requests/<id:pk>/", requests.request_detail, name="request"),
    path("requests/<id:pk>/withdraw/", requests.request_withdraw, name="withdraw"),
]
