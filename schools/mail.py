"""Mails: text and simple HTML from three templates, `templates/emails/NAME-subject.txt`, `NAME.txt` and `NAME.html`."""

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from schools.context_processors import product


def message(name, to, context, headers=None):
    """The mail `name` to the address `to`, ready to send. The templates get `context`, `product` and `site_url`."""
    context = context | product(None) | {"site_url": settings.SITE_URL}
    subject = " ".join(render_to_string(f"emails/{name}-subject.txt", context).split())
    mail = EmailMultiAlternatives(subject, render_to_string(f"emails/{name}.txt", context), to=[to], headers=headers)
    html = css_inline.inline(render_to_string(f"emails/{name}.html", context), load_remote_stylesheets=False)
    mail.attach_alternative(html, "text/html")
    return mail
