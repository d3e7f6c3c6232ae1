"""The allauth pages we open, under allauth's own names. No sign-up and no change of address: an invitation proves a
login's address, and only a school lead can move it."""

from allauth.account import views
from django.urls import include, path, re_path

from schools.sign_in.passkeys import RemovePasskey

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("no-login/", views.signup, name="account_signup"),  # closed: says how staff get a login
    path("logout/", views.logout, name="account_logout"),
    path("ended/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("2fa/webauthn/keys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
]
