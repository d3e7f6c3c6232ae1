import shutil
import tempfile
from pathlib import Path

import pytest
from django.utils import timezone

from sync.sandbox.testing import running_sandbox
from tests.drill.servers import Own
from tests.site.world import a_world


@pytest.fixture
def folder():
    """A folder through which servers pass, whoever they run as; gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="rollbook-drill-", dir="/var/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def town(settings):
    """The sandbox, with schools of today, as the Wonde that is asked."""
    with running_sandbox(date=timezone.now().date()) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        yield running


@pytest.fixture
def own_redis(folder):
    server = Own("REDIS_URL", folder)
    yield server
    server.stop()


@pytest.fixture
def own_postgresql(folder):
    server = Own("DATABASE_URL", folder)
    yield server
    server.stop()


@pytest.fixture
def world():
    """Made where Django is connected by then: a test that has servers of its own asks for them first."""
    return a_world()
