from django.urls import path

from classes import request_views, signin_views, views

app_name = "classes"

urlpatterns = [
    path("schools/<slug:code>/classes/", views.my_classes, name="mine"),
    path("schools/<slug:code>/classes/all/", views.all_classes, name="all"),
    path("schools/<slug:code>/find/", views.find, name="find"),
    path("classes/<id:pk>/", views.class_detail, name="detail"),
    path("schools/<slug:code>/signin/", signin_views.school_signin, name="school_signin"),
    path("classes/<id:pk>/signin/", signin_views.class_signin, name="signin"),
    path("classes/<id:pk>/list.csv", views.class_csv, name="csv"),
    path("schools/<slug:code>/classes/ask/", request_views.ask, name="ask"),
    path("schools/<slug:code>/requests/", request_views.request_list, name="requests"),
    path("requests/<id:pk>/", request_views.request_detail, name="request"),
    path("requests/<id:pk>/withdraw/", request_views.request_withdraw, name="withdraw"),
]
