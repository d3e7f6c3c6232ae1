"""Every URL in the site map by its name, and where it is in the world of tests/site/world.py."""

from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern


def named(patterns, within=""):
    """The name of every address below `patterns`, with its namespaces."""
    for pattern in patterns:
        if not isinstance(pattern, URLPattern):
            space = f"{within}{pattern.namespace}:" if pattern.namespace else within
            yield from named(pattern.url_patterns, space)
        elif pattern.name:
            yield f"{within}{pattern.name}"


NAMES = sorted(set(named(get_resolver().url_patterns)))
OURS = [name for name in NAMES if name.split(":")[0] in {"schools", "classes", "students", "sync", "parents"}]
OURS += [name for name in NAMES if ":" not in name and not name.startswith(("account_", "mfa_", "anymail"))]
ALLAUTH = [name for name in NAMES if name.startswith(("account_", "mfa_"))]
ADMIN = [name for name in NAMES if name.startswith("admin:") and name not in {"admin:login", "admin:logout"}]
API = [name for name in NAMES if name.startswith("api:")]
OTHERS = ["/api/nothing", "/nothing-here", "/s", "/identity/o/authorize", "/identity/o/logout"]
OTHERS += ["/identity/o/api/token", "/identity/o/device", "/.well-known/openid-configuration", "/admin/nothing/"]


def address(name, world):
    """Where the page `name` is in this world: its arguments are found by their names in the URL."""
    known = {"code": world.school.code, "pk": world.by_name.get(name, world.class_pk), "secret": "not-a-secret"}
    known["kind"] = "contacts" if name == "sync:erase_kind" else "employees"
    known["key"] = "four-values" if name == "sync:wcbs_step" else "weekly_mail"
    single = [[], ["code"], ["pk"], ["secret"]]
    for wanted in [*single, ["code", "pk"], ["code", "kind"], ["code", "key"], ["code", "kind", "pk"]]:
        try:
            return reverse(name, kwargs={key: known[key] for key in wanted})
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `a_world` and `address`.")


def admin_address(name):
    for kwargs in ({}, {"object_id": "1"}, {"pk": 1}, {"app_label": "sync"}, {"content_type_id": 1, "object_id": 1}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `admin_address`.")


def account_address(name):
    for kwargs in ({}, {"uidb36": "1", "key": "a-b"}, {"pk": 1}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `account_address`.")


def api_address(name):
    for kwargs in ({}, {"pk": 1}, {"pk": "00000000-0000-0000-0000-000000000000"}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `api_address`.")


def everywhere(world):
    """{URL: its name} for the whole site, with this world's ids."""
    found = {address(name, world): name for name in OURS}
    found |= {admin_address(name): name for name in ADMIN}
    found |= {api_address(name): name for name in API if name != "api:problem"}
    found[reverse("api:problem", args=["method"])] = "api:problem"
    found |= {account_address(name): name for name in ALLAUTH}
    return found | dict.fromkeys(OTHERS, "")
