"""The installation's keys for marks (`schools.text.addresses`), from the settings."""

from functools import lru_cache

from django.conf import settings

from schools.text.addresses import Marks, read_keys


def marks():
    """Makes and finds marks, with all the keys there are."""
    return _marks(settings.ADDRESS_KEYS)


@lru_cache(maxsize=2)
def _marks(keys):
    return Marks(read_keys(keys))
