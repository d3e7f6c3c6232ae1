"""The site map: portal, parents, API, admin."""

from anymail import urls as anymail_urls
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from classes.pages.identity import Authorize, Exchange, SignOut, closed, to_product
from config.api import nothing_here
from schools.pages.home import favicon, home, security_txt

handler400 = "config.api.bad_request"
handler500 = "config.api.server_error"

# Reports from the mail service we send with, and no other: nobody signs in, the secret in the URL is enough.
service = settings.EMAIL_BACKEND.removeprefix("anymail.backends.").partition(".")[0]
reports = [found for found in anymail_urls.urlpatterns if str(found.pattern) == f"{service}/tracking/"]
webhooks = [path("anymail/", include(reports))] if settings.ANYMAIL["WEBHOOK_SECRET"] else []
for pattern in reports:
    login_not_required(pattern.callback)

# Signing in for the product. What we do not offer of allauth's provider is closed; without a key all of it is.
identity = [
    path("identity/o/authorize", Authorize.as_view()),
    path("identity/o/logout", SignOut.as_view()),
    path("identity/o/api/token", Exchange.as_view()),
    re_path(r"^identity/o/(device|api/device/code)$", closed),
    path("", include("allauth.idp.urls")),
]

urlpatterns = [
    path("", home, name="home"),
    path("favicon.ico", favicon, name="favicon"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("", include("schools.urls")),
    path("", include("classes.urls")),
    path("", include("students.urls")),
    path("", include("sync.urls")),
    path("api/v1/", include("config.api")),
    re_path(r"^api/", nothing_here),
    path("", include("parents.urls")),
    *webhooks,
    path("to-product/", to_product, name="to_product"),
    *(identity if settings.IDP_OIDC_PRIVATE_KEYS else []),
    path("accounts/", include("schools.account_urls")),
    path("admin/", admin.site.urls),
]
