"""For pages that ask Wonde: does what a worker would do between two looks at the page."""

from sync.models import Question
from sync.tasks import answer_question


def answer_all():
    """Answer every waiting question, as a worker would."""
    for key in list(Question.objects.filter(begun_at=None).values_list("pk", flat=True)):
        answer_question(str(key))


def looked_at(client, address):
    """The page at `address` once its question is answered."""
    return answered(client, client.get(address))


def answered(client, page):
    """A page that asks Wonde, as it looks once it has refreshed itself with the answer."""
    question = page.context.get("question")
    if question is None:
        return page
    answer_all()
    look = {"headers": {"HX-Request": "true"}}
    if "kept" not in page.context:
        return client.get(page.context["here"], **look)
    ticks = {}
    for name, value in page.context["kept"]:
        ticks.setdefault(name, []).append(value)
    return client.post(page.context["here"], {"do": "look", "read": question.pk, **ticks}, **look)


def asked(client, address, data):
    """The page with the answer to what was posted, or the page that refused to ask."""
    page = client.post(address, data)
    if page.status_code != 302:
        return page
    return looked_at(client, page.url)
