"""Mails: text and simple HTML from three templates, `templates/emails/NAME-subject.txt`, `NAME.txt` and `NAME.html`.

And what it means when one is not accepted.
"""

from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

import css_inline
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.template import Context
from django.template.loader import get_template, render_to_string

from schools.mail import refusals
from schools.mail.refusals import Refusal, Refused
from schools.mail.wire import Mail
from schools.web.context_processors import product

INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)  # dark mode stays a style sheet
NOT_TAKEN = (OSError, AnymailError)  # what sending a mail may raise


def message(name, to, context):
    """The mail `name` to the address `to`, ready to send. The templates get `context` and `product`."""
    context = context | product(None)
    subject = " ".join(_plain(f"emails/{name}-subject.txt", context).split())
    mail = Mail(subject, _plain(f"emails/{name}.txt", context), to=[to])
    html = render_to_string(f"emails/{name}.html", context)
    mail.attach_alternative(INLINER.inline(html), "text/html")
    return mail


def _plain(template, context):
    """Plain text is not HTML: O'Brien stays O'Brien."""
    return get_template(template).template.render(Context(context, autoescape=False))


def refused(error):
    """The `Refused` that an error of NOT_TAKEN means; None if the mail may have been accepted, or nothing answered."""
    match error:
        case SMTPRecipientsRefused() if error.recipients:  # each of our mails has one recipient
            (code, text), *_ = error.recipients.values()
            return refusals.of_recipient(code, _read(text))
        case SMTPResponseException():
            is_sender = isinstance(error, SMTPSenderRefused)
            return refusals.of_session(error.smtp_code, _read(error.smtp_error), is_sender=is_sender)
        case AnymailRecipientsRefused():  # "rejected": on a list that the mail service keeps, with its reason
            status = getattr(error.email_message, "anymail_status", None)
            said = {recipient.status for recipient in status.recipients.values()} if status else set()
            return Refused(Refusal.NO_MAILBOX if said == {"invalid"} else Refusal.SOFT, "refused")
        case AnymailAPIError():
            return refusals.of_status(error.status_code)
    return None


def _read(text):
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
