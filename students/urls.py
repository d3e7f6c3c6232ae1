from django.urls import path, re_path

from students import staff_views, views

app_name = "students"

urlpatterns = [
    path("students/<id:pk>/", staff_views.student_detail, name="detail"),
    path("students/<id:pk>/username/", staff_views.username, name="username"),
    path("students/<id:pk>/username/keep/", staff_views.keep_username, name="keep_username"),
    path("students/<id:pk>/code/", staff_views.new_code, name="new_code"),
    path("students/<id:pk>/code/lost/", staff_views.lost_card, name="lost_card"),
    path("students/<id:pk>/sign-out/", staff_views.sign_out, name="sign_out_student"),
    path("students/<id:pk>/code/decline/", staff_views.decline_code, name="decline_code"),
    path("schools/<slug:code>/wrong-tries/", staff_views.wrong_tries, name="wrong_tries"),
    # A card's address may be typed in capitals.
    re_path(r"^[sS]/$", views.find_school, name="find_school"),
    re_path(r"^[sS]/(?P<code>[-\w]+)/$", views.sign_in, name="sign_in"),
    re_path(r"^[sS]/(?P<code>[-\w]+)/ask/$", views.ask, name="ask"),
    path("me/", views.me, name="me"),
    path("me/password/", views.password, name="password"),
    path("me/ask/", views.ask_for_mine, name="ask_for_mine"),
    path("me/sign-out-everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("me/sign-out/", views.sign_out, name="sign_out"),
]
