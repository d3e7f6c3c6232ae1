from django.urls import path, re_path

from students.pages import door, school, staff

app_name = "students"

urlpatterns = [
    path("students/<id:pk>/", staff.student_detail, name="detail"),
    path("students/<id:pk>/username/", staff.username, name="username"),
    path("students/<id:pk>/username/keep/", staff.keep_username, name="keep_username"),
    path("students/<id:pk>/code/", staff.new_code, name="new_code"),
    path("students/<id:pk>/code/lost/", staff.lost_card, name="lost_card"),
    path("students/<id:pk>/sign-out/", staff.sign_out, name="sign_out_student"),
    path("students/<id:pk>/code/decline/", staff.decline_code, name="decline_code"),
    path("schools/<slug:code>/students/", school.students, name="list"),
    path("schools/<slug:code>/students/list.csv", school.students_file, name="csv"),
    path("schools/<slug:code>/wrong-tries/", staff.wrong_tries, name="wrong_tries"),
    # A card's address may be typed in capitals.
    re_path(r"^[sS]/$", door.find_school, name="find_school"),
    re_path(r"^[sS]/(?P<code>[-\w]+)/$", door.sign_in, name="sign_in"),
    re_path(r"^[sS]/(?P<code>[-\w]+)/ask/$", door.ask, name="ask"),
    path("me/", door.me, name="me"),
    path("me/password/", door.password, name="password"),
    path("me/ask/", door.ask_for_mine, name="ask_for_mine"),
    path("me/sign-out-everywhere/", door.sign_out_everywhere, name="sign_out_everywhere"),
    path("me/sign-out/", door.sign_out, name="sign_out"),
]
