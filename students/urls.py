from django.urls import path

from students import staff_views, views

app_name = "students"

urlpatterns = [
    path("students/<int:pk>/", staff_views.student_detail, name="detail"),
    path("s/", views.find_school, name="find_school"),
    path("s/<slug:code>/", views.sign_in, name="sign_in"),
    path("s/<slug:code>/ask/", views.ask, name="ask"),
    path("me/", views.me, name="me"),
    path("me/password/", views.password, name="password"),
    path("me/ask/", views.ask_for_mine, name="ask_for_mine"),
    path("me/sign-out/", views.sign_out, name="sign_out"),
]
