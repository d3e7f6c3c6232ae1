"""What a register adds to the plain table a template writes."""

import re

from django.conf import settings
from django.template import Context, Template

TEMPLATES = settings.BASE_DIR / "templates"
ROLES = 'role="(table|rowgroup|row|columnheader|rowheader|cell)"'

PLAIN = """{% load tables %}{% register id="students" %}
  <caption>Students of {{ name }}</caption>
  <thead hx-boost="true">
    <tr><th class="n">Number</th></tr>
  </thead>
  <tbody>
    {% for student in students %}
    <tr class="is-out"><th class="name">{{ student }}</th> <td data-label="Since"><time>today</time></td></tr>
    {% endfor %}
  </tbody>
{% endregister %}"""


def _drawn(template, **context):
    return " ".join(Template(template).render(Context(context)).split()).replace("> <", "><")


def test_the_elements_of_a_register_get_their_roles():
    assert _drawn(PLAIN, name="9x", students=["Okoro, Tobi"]) == (
        '<div class="register-frame" id="students"><table class="register" role="table">'
        '<caption class="unseen">Students of 9x</caption>'
        '<thead role="rowgroup" hx-boost="true"><tr role="row">'
        '<th scope="col" role="columnheader" class="n">Number</th></tr></thead>'
        '<tbody role="rowgroup"><tr role="row" class="is-out">'
        '<th scope="row" role="rowheader" class="name">Okoro, Tobi</th>'
        '<td role="cell" data-label="Since"><time>today</time></td></tr></tbody></table></div>'
    )


def test_a_register_without_a_head_has_row_headers():
    drawn = _drawn("{% load tables %}{% register %}<tbody><tr><th>9x</th></tr></tbody>{% endregister %}")
    assert '<div class="register-frame"><table' in drawn
    assert '<th scope="row" role="rowheader">9x</th>' in drawn


def test_what_a_register_shows_stays_escaped():
    drawn = _drawn(PLAIN, name="<td>", students=["<th>&"])
    assert "Students of &lt;td&gt;" in drawn
    assert "&lt;th&gt;&amp;" in drawn


def test_no_template_writes_the_role_of_a_cell_by_hand():
    by_hand = [path for path in TEMPLATES.rglob("*.html") if re.search(ROLES, path.read_text())]
    assert by_hand == []
