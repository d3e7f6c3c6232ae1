"""The agreement: where its text comes from, who agrees to it, and what proves that they did."""

from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from schools.mail.outgoing import send_due
from schools.models import Acceptance, Agreement
from schools.sharing import agreements, asked, keys, receipts
from schools.sharing.agreements import AgreementRefusedError
from schools.templatetags.sharing import moment_said
from schools.web import searches
from tests.factories import AgreementFactory, AuthoriserRightFactory, LeadRightFactory
from tests.tools.people import signed_in, support_client

SAMPLE = Path("docs/agreement-sample.md")
SAYS = {"name": "Ruth Pell", "position": "Business manager", "allowed": "on"}


@given(st.integers(0, 10**10 - 1), st.integers(0, 11), st.integers(1, 9))
def test_a_number_read_out_wrong_in_one_digit_is_no_receipts(number, place, more):
    digits = receipts.new_number().replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + more) % 10) + digits[place + 1 :]

    assert receipts.tidied_number(f" {digits[:4]} {digits[4:8]} {digits[8:]}").replace("-", "") == digits
    assert receipts.tidied_number(wrong) == receipts.tidied_number(f"{number}") == ""


def test_a_text_becomes_headings_paragraphs_and_lists_and_html_in_it_stays_text():
    before = SAMPLE.read_text()
    after = before.replace("within 24 hours", "within <b>12</b> hours").replace("Example Mail", "Other Mail")

    sorts = [block.sort for block in agreements.blocks(before)]
    changed = agreements.differences(before, after)

    assert sorts[:3] == ["paragraph", "heading", "paragraph"]
    assert [name.split(" Ltd")[0] for name in agreements.sub_processors(before)] == [
        "Wonde", "Example Hosting", "Example Mail",
    ]  # fmt: skip
    assert [sign for sign, _ in changed if sign in set("+-")] == ["-", "+", "-", "+"]
    assert any("<b>12</b>" in line for sign, line in changed if sign == "+")


@pytest.mark.django_db
def test_a_version_comes_from_a_file_is_refused_if_it_says_too_little_and_never_changes(tmp_path, capsys):
    file = tmp_path / "agreement.md"

    def add(text):
        file.write_text(text)
        call_command("agreement", "add", str(file))

    sample = SAMPLE.read_text()
    add(sample)
    add(sample)
    assert "sample-1             from 2026-01-01  agreed to by 0" in capsys.readouterr().out
    for wrong in (
        "no head\n",
        sample.replace("2026-01-01", "2026-13-01"),
        sample.replace("## Sub-processors", "## Others"),
        sample.replace("24 hours", "25 hours"),
        sample.replace("sample-1", "2").replace("2026-01-01", "2025-12-31"),
    ):
        with pytest.raises(CommandError):
            add(wrong)
    with pytest.raises(AgreementRefusedError, match="another text"):
        agreements.add(sample.replace("24 hours", "25 hours"))
    add(sample.replace("sample-1", "2"))

    assert list(Agreement.objects.values_list("version", "replaces__version")) == [
        ("2", "sample-1"),
        ("sample-1", None),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("tasks_run_at_once")
def test_somebody_who_may_agrees_once_a_version_to_exactly_what_is_then_asked_and_everybody_gets_the_receipt():
    right = AuthoriserRightFactory(user__email="office@example.org")
    school = right.school
    other = AuthoriserRightFactory(school=school, user__email="head@example.org")
    lead = signed_in(LeadRightFactory(school=school, user__email="lead@example.org").user)
    client, page = signed_in(right.user), reverse("schools:start", args=[school.code])
    assert "There is no agreement yet" in client.get(page).text
    version = AgreementFactory()
    mark = client.get(page).context["mark"]

    assert lead.post(page, SAYS | {"mark": mark}).status_code == 404
    assert "Tick that you are allowed" in client.post(page, SAYS | {"mark": mark, "allowed": ""}).text
    assert "has changed since you opened the page" in client.post(page, SAYS | {"mark": "of yesterday"}).text
    assert not Acceptance.objects.exists()
    agreed = client.post(page, SAYS | {"mark": mark})
    second = signed_in(other.user).post(page, SAYS | {"mark": mark, "name": "Second"})

    (receipt,) = Acceptance.objects.all()
    assert agreed.url == second.url == reverse("schools:receipt", args=[school.code, receipt.pk])
    assert (receipt.agreement, receipt.by, receipt.name) == (version, right.user, "Ruth Pell")
    assert asked.names(receipt.asked) == keys.asked_of(school)
    assert receipt.school.sharing.agreed_by == right.user
    assert "Ruth Pell, Business manager, agreed" in lead.get(page).text
    send_due()
    mails = {message.to[0]: message for message in mail.outbox}
    assert set(mails) == {"office@example.org", "head@example.org", "lead@example.org", "help@example.org"}
    for said in (receipt.receipt_no, receipt.sha256, version.sha256, "Students: Wonde id, UPI, first name",
                 "Ruth Pell, Business manager", moment_said(receipt.at, school.zone)):  # fmt: skip
        assert said in mails["lead@example.org"].body

    assert "Checked just now" in lead.get(agreed.url).text
    Acceptance.objects.update(position="Head")
    assert "has been changed since it was made" in lead.get(agreed.url).text
    Acceptance.objects.update(position=receipt.position)
    Agreement.objects.update(body="It was never like this.\n")
    assert "has been changed since it was made" in lead.get(agreed.url).text
    assert "it has been changed since" in lead.get(reverse("schools:agreement", args=[school.code, version.pk])).text


@pytest.mark.django_db
def test_support_records_what_was_signed_on_paper_and_finds_it_by_its_number():
    school = AuthoriserRightFactory().school
    AgreementFactory()
    support, page = support_client(looks_at=[school]), reverse("schools:start", args=[school.code])
    said = {"do": "record", "mark": support.get(page).context["mark"], "name": "Ruth Pell", "position": "Head"}

    tomorrow = support.post(page, said | {"signed_on": "2999-01-01", "kept_where": "folder 7"})
    assert "This day has not come yet" in tomorrow.text
    recorded = support.post(page, said | {"signed_on": "2026-02-03", "kept_where": "folder 7"})

    receipt = Acceptance.objects.get()
    paper = support.get(recorded.url).text
    assert "signed on 3 February 2026, kept: folder 7; recorded by" in paper
    key = searches.remember(support.user, receipt.receipt_no.replace("-", " "))
    found = support.get(reverse("admin:schools_acceptance_changelist"), {"q": key})
    assert receipt.receipt_no in found.text
