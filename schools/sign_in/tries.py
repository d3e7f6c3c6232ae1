"""How often something that can be guessed may be tried: a few times without waiting, then slower and slower, never
locked.

Counted by what is tried (an account, or else the name typed), in a PostgreSQL row that a single statement moves on: of
many tries at the same moment one goes through, and the limits hold without Redis. An IP address alone never shuts
anyone out, as a whole school has one: after many failures from it, waiting starts there with the first wrong try at an
account.
"""

import hashlib
import hmac
import ipaddress
import logging
import math
from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection
from django.db.models import F
from django.utils import timezone

from schools.models import Tries

log = logging.getLogger(__name__)

FREE = 5
FREE_AT_A_BUSY_ADDRESS = 1
BUSY_ADDRESS = 300  # failures; after an hour's rest it is an address like any other
FIRST_WAIT_S = 5
LONGEST_WAIT_S = 5 * 60
LONGEST_AT_AN_ADDRESS_S = 60
FORGOTTEN_AFTER = timedelta(hours=1)
NEVER = 1_000_000_000  # free tries for what is only counted

_TAKE = """
    INSERT INTO schools_tries AS t (key, number, at, next_at)
    VALUES (%(key)s, 1, %(now)s, CASE WHEN %(free)s <= 1 THEN %(now)s + %(first)s END)
    ON CONFLICT (key) DO UPDATE SET (number, at, next_at) = (
        SELECT n, %(now)s, CASE WHEN n >= %(free)s
            THEN %(now)s + least(%(first)s * power(2, least(n - %(free)s, 20)), %(longest)s) END
        FROM (SELECT CASE WHEN t.at < %(forgotten)s THEN 1 ELSE t.number + 1 END AS n) counted
    )
    WHERE t.next_at IS NULL OR t.next_at <= %(now)s
    RETURNING number
"""


def key(*what):
    """The key for what is tried: `key("student", 17)`."""
    return hmac.new(settings.SECRET_KEY.encode(), "\0".join(map(str, what)).encode(), hashlib.sha256).hexdigest()


def take(key, free=FREE, longest_s=LONGEST_WAIT_S):
    """Seconds until the next try; 0 means try now, and the try is counted. Call once for each try, before checking it.

    free: how many need not wait; the first after those waits 5 seconds, the next 10, and so on.
    """
    now = timezone.now()
    values = {
        "key": key,
        "now": now,
        "free": free,
        "first": timedelta(seconds=FIRST_WAIT_S),
        "longest": timedelta(seconds=longest_s),
        "forgotten": now - FORGOTTEN_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        if cursor.fetchone():
            return 0
    next_at = Tries.objects.filter(key=key).values_list("next_at", flat=True).first()
    return max(1, math.ceil((next_at - now).total_seconds())) if next_at else 1


def take_from(request, what, free):
    """The same for `what`, by anyone at the address of `request`: `free` times, then one a minute at the slowest."""
    return take(address_key(request, what), free, LONGEST_AT_AN_ADDRESS_S)


def is_first(key):
    """Whether this is the first time within the hour."""
    return Tries.objects.get_or_create(key=key, defaults={"number": 1, "at": timezone.now()})[1]


def give_back(key):
    """Give back the try just taken: nothing was checked."""
    Tries.objects.filter(key=key, number__lte=1).delete()
    Tries.objects.filter(key=key).update(number=F("number") - 1, next_at=None)


def forget(*keys):
    """Forget tries at these: they were right in the end, or may start again."""
    Tries.objects.filter(key__in=keys).delete()


def purge():
    """Delete what no longer counts."""
    Tries.objects.filter(at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def failed_from(request):
    """Count a wrong try from the address of `request`."""
    take(address_key(request, "failed"), free=NEVER)


def free_at(request):
    """How many tries at an account need not wait, from the address of `request`."""
    lately = timezone.now() - FORGOTTEN_AFTER
    busy = Tries.objects.filter(key=address_key(request, "failed"), number__gte=BUSY_ADDRESS, at__gte=lately)
    return FREE_AT_A_BUSY_ADDRESS if busy.exists() else FREE


def address_key(request, what):
    """The key for `what` from the address of `request`; for IPv6 that is the /64 network of a household or school."""
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied, ImproperlyConfigured):
        log.warning("a request whose address is not known: does TRUSTED_PROXY_COUNT fit the proxies in front?")
        return key(what, "address", "unknown")
    if address.version == 6:
        address = ipaddress.ip_network((address, 64), strict=False).network_address
    return key(what, "address", address)
