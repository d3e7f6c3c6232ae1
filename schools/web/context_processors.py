"""What every page and mail shows: the product's name and where to get help."""

from django.conf import settings

from schools.web import request_ids


def product(request):
    """`product` in every template: name, url, support_email, privacy_url."""
    return {
        "product": {
            "name": settings.PRODUCT_NAME,
            "url": settings.PRODUCT_URL,
            "support_email": settings.SUPPORT_EMAIL,
            "privacy_url": settings.PRIVACY_URL,
        }
    }


def on_error():
    """What an error page shows, from settings alone: no session, no `request.user`, no query."""
    return product(None) | {"reference": request_ids.current()}
