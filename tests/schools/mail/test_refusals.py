"""Whose fault a refusal is. The answers are real ones, as mail servers give them."""

import pytest

from schools.mail.refusals import Refusal, of_recipient, of_reply, of_report, of_session, of_status

NO_MAILBOX, FULL, SOFT, OURS = Refusal.NO_MAILBOX, Refusal.FULL, Refusal.SOFT, Refusal.OURS


@pytest.mark.parametrize(
    ("code", "text", "refusal"),
    [
        # There is no such mailbox, and nobody else is to blame.
        (550, "5.1.1 The email account that you tried to reach does not exist.", NO_MAILBOX),
        (550, "5.1.1 <x@y.example>: Recipient address rejected: User unknown in virtual mailbox table", NO_MAILBOX),
        (550, "5.1.2 Bad destination system address", NO_MAILBOX),
        (551, "5.1.6 Recipient has moved", NO_MAILBOX),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", NO_MAILBOX),
        (556, "5.1.10 Recipient address has null MX", NO_MAILBOX),
        (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", NO_MAILBOX),
        (550, "5.1.0 Address rejected: no such user", NO_MAILBOX),
        (550, "no such mailbox", NO_MAILBOX),
        (550, "User unknown", NO_MAILBOX),
        (550, "Requested action not taken: mailbox unavailable", NO_MAILBOX),
        (554, "delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com)", NO_MAILBOX),
        (556, "", NO_MAILBOX),
        # The mailbox is full.
        (552, "5.2.2 The email account that you tried to reach is over quota", FULL),
        (452, "4.2.2 The email account that you tried to reach is over quota", FULL),
        (550, "Mailbox is full", FULL),
        (552, "", FULL),
        # They refuse us.
        (554, "5.7.1 <x@y.example>: Relay access denied", OURS),
        (554, "relay denied", OURS),
        (553, "sorry, that domain isn't in my list of allowed rcpthosts; no relaying allowed (#5.7.1)", OURS),
        (550, "5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org", OURS),
        (550, "5.7.26 This mail is unauthenticated: SPF did not pass", OURS),
        (550, "5.7.0 Local policy violation", OURS),
        (421, "4.7.0 Our system has detected an unusual rate of unsolicited mail", OURS),
        (550, "SPF check failed", OURS),
        (550, "Your host is listed on our block list", OURS),
        (550, "DKIM signature required", OURS),
        (550, "5.1.8 Sender address has null MX", OURS),
        (552, "5.3.4 Message size exceeds fixed limit", OURS),
        (530, "5.7.0 Authentication Required", OURS),
        (535, "", OURS),
        (554, "Transaction failed", OURS),
        # Not now, or not clear.
        (450, "try later", SOFT),
        (450, "4.2.0 <x@y.example>: Greylisted, see http://postgrey.example", SOFT),
        (451, "4.7.1 Greylisting in action, please come back later", SOFT),
        (450, "4.1.1 <x@y.example>: Recipient address rejected: unverified address", SOFT),
        (452, "4.3.1 Insufficient system storage", SOFT),
        (421, "", SOFT),
        (550, "5.2.1 The email account that you tried to reach is inactive", SOFT),
        (550, "5.4.1 Recipient address rejected: Access denied", SOFT),
        (550, "", SOFT),
        (550, "no thanks", SOFT),
    ],
)
def test_an_answer_says_whose_fault_it_is(code, text, refusal):
    assert of_reply(code, text) == refusal


def test_an_ip_address_is_not_an_enhanced_code():
    assert of_reply(550, "no mail from 192.0.5.1.1 today") == SOFT
    assert of_reply(550, "Client 5.1.1.7 refused") == SOFT


def test_what_could_be_our_fault_is_taken_to_be_ours():
    assert of_reply(550, "blocked by our policy: mailbox unavailable") == OURS


def test_the_enhanced_code_is_believed_before_words_and_words_before_the_smtp_code():
    assert of_reply(550, "5.1.1 rejected by policy") == NO_MAILBOX
    assert of_reply(554, "user unknown") == NO_MAILBOX


def test_the_reason_has_the_codes_but_none_of_the_servers_words():
    assert of_recipient(550, "5.1.1 <x@y.example> unknown").reason == "smtp_550_5.1.1"
    assert of_recipient(450, "try later x@y.example").reason == "smtp_450"


def test_refusing_the_sender_or_the_text_is_refusing_us_unless_clearly_the_recipient():
    assert of_session(550, "no").refusal == OURS
    assert of_session(450, "later").refusal == SOFT
    assert of_session(550, "5.1.1 User unknown").refusal == NO_MAILBOX
    assert of_session(550, "5.1.1 User unknown", is_sender=True).refusal == OURS
    assert of_session(452, "4.2.2 full", is_sender=True).refusal == SOFT


@pytest.mark.parametrize(
    ("status", "refusal"), [(401, OURS), (402, OURS), (403, OURS), (400, SOFT), (422, SOFT), (429, SOFT), (503, SOFT)]
)
def test_the_status_of_a_mail_service_never_stops_an_address(status, refusal):
    assert of_status(status).refusal == refusal


@pytest.mark.parametrize("status", [None, 500, 502])
def test_a_service_that_broke_down_may_have_taken_the_mail(status):
    assert of_status(status) is None


@pytest.mark.parametrize(
    ("event", "reason", "response", "description", "refusal"),
    [
        ("bounced", "bounced", "550 5.1.1 user unknown", None, NO_MAILBOX),
        ("bounced", "bounced", "smtp; 550-5.1.1 The account does not exist", None, NO_MAILBOX),
        ("bounced", "bounced", None, "Permanent: General", NO_MAILBOX),
        ("bounced", "bounced", None, "The server was unable to deliver your message (ex: unknown user)", NO_MAILBOX),
        ("bounced", "bounced", None, None, NO_MAILBOX),
        ("bounced", "invalid", None, None, NO_MAILBOX),
        ("rejected", "invalid", None, None, NO_MAILBOX),
        ("rejected", "bounced", None, None, NO_MAILBOX),
        ("bounced", "bounced", "552 5.2.2 over quota", None, FULL),
        ("bounced", "bounced", None, "Unable to temporarily deliver message (i.e. mailbox full, out of disk)", FULL),
        ("bounced", "bounced", None, "Transient: General", SOFT),
        ("bounced", "timed_out", None, None, SOFT),
        ("bounced", "other", None, None, SOFT),
        ("bounced", None, None, None, SOFT),
        ("rejected", None, None, None, SOFT),
        ("bounced", "bounced", "550 5.7.1 blocked using spamhaus", None, OURS),
        ("bounced", "bounced", "550 our block list has your address", None, OURS),
        ("rejected", "blocked", None, None, OURS),
        ("bounced", "spam", None, None, OURS),
        ("failed", None, None, None, OURS),
        ("bounced", "bounced", "421 4.7.0 unusual rate", None, OURS),
        ("bounced", "blocked", "550 5.1.1 no such user", None, NO_MAILBOX),
    ],
)
def test_a_report_says_whose_fault_it_is(event, reason, response, description, refusal):
    assert of_report(event, reason, response, description) == refusal
