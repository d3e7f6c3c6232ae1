"""What gunicorn serves."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

NO_USE_TRYING_AGAIN = 3  # gunicorn stops on this status; on any other it restarts the worker for ever

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    print(f"Rollbook cannot start: {error}", file=sys.stderr)
    sys.exit(NO_USE_TRYING_AGAIN)
