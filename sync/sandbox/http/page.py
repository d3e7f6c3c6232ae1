"""The small page at /_sandbox/: one row per school with buttons. It loads nothing from elsewhere."""

import json
from html import escape

from sync.sandbox.http.webhooks import FAULTS

BUTTONS = (
    ("An ordinary day", None),
    ("Five leave", '[{"event":"leave","count":5}]'),
    ("130 leave", '[{"event":"leave","count":130}]'),
    ("130 come back", '[{"event":"return_same_id","count":130}]'),
    ("Half a set moves", '[{"event":"reset_class"}]'),
    ("Teacher change", '[{"event":"change_teacher"}]'),
    ("New academic year", '[{"event":"rollover"}]'),
    ("Change of MIS announced", '[{"event":"announce_mis"}]'),
    ("Change of MIS", '[{"event":"change_mis"}]'),
    ("Students withdrawn", '[{"event":"withdraw_permission","scope":"students.read"}]'),
    ("Students shared again", '[{"event":"grant_permission","scope":"students.read"}]'),
    ("Access revoked", '[{"event":"access_revoked","reason":"We use another product now."}]'),
    ("Access declined", '[{"event":"access_declined","reason":"We did not know who asks."}]'),
    ("Access approved, not checked", '[{"event":"access_approved","audited":false}]'),
    ("Priority declined", '[{"event":"withdraw_permission","scope":"contacts.priority.read"}]'),
    ("Priority granted", '[{"event":"grant_permission","scope":"contacts.priority.read"}]'),
    ("UPNs come, the list says no", '[{"event":"permission_list","scope":"students.upn.read","approved":false}]'),
    ("No list of permissions", '[{"event":"permission_list","form":"none"}]'),
    ("The list as it is", '[{"event":"permission_list"}]'),
    ("Access approved", '[{"event":"access_approved"}]'),
    ("MIS link down", '[{"event":"go_offline"}]'),
)
SHOWN = 50

PAGE = """<!doctype html>
<html lang="en-GB">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Wonde sandbox</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 70rem; padding: 0 1rem }}
td, th {{ padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top }}
button {{ font: inherit; margin: 0 .3rem .3rem 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style>
<h1>Wonde sandbox</h1>
<p>Invented schools that answer as Wonde does. Nobody here is real.
See <a href="/_sandbox/events">events</a>, <a href="/_sandbox/faults">faults</a>,
<a href="/_sandbox/requests">requests</a>, <a href="/_sandbox/mail/">mail that was sent</a>.</p>
<table>
<thead><tr>
<th scope="col">School</th><th scope="col">Access</th>
<th scope="col">Days passed</th><th scope="col">Let a day pass</th>
</tr></thead>
<tbody>
{rows}
</tbody>
</table>
{more}
<h2>Webhooks</h2>
<p>{webhooks}</p>
<h2>What happened</h2>
<pre id="happened" role="status">Nothing yet.</pre>
<script>
document.addEventListener("click", async (click) => {{
  const button = click.target.closest("button[data-path]");
  if (!button) return;
  button.disabled = true;
  const path = "/_sandbox/" + button.dataset.path;
  const response = await fetch(path, {{method: "POST", body: button.dataset.body}});
  const answer = await response.json();
  document.getElementById("happened").textContent = JSON.stringify(answer.data || answer, null, 2);
  button.disabled = false;
}});
</script>
</html>
"""


def front_page(control):
    """The page as text. control: see control.Control"""
    schools = [control.school(entry) for entry in control.registry.entries.values()]
    more = f"<p>And {len(schools) - SHOWN} more schools.</p>" if len(schools) > SHOWN else ""
    rows = "\n".join(_row(school) for school in schools[:SHOWN])
    return PAGE.format(rows=rows, more=more, webhooks=_webhooks(control.webhooks))


def _webhooks(webhooks):
    """How they go out, and a button for each way in which they may."""
    if webhooks.address is None:
        return "They are sent nowhere: no address was given at the start."
    ways = [("As it happens", [])] + [(name.replace("_", " ").capitalize(), [name]) for name in FAULTS]
    buttons = "".join(_button(label, "webhooks", {"faults": faults}) for label, faults in ways)
    return (
        f"{buttons}{_button('Let go what is held', 'webhooks/let-go', {})} <a href='/_sandbox/webhooks'>All so far</a>"
    )


def _row(school):
    day = f"schools/{school['id']}/day"
    buttons = "".join(
        _button(label, day, {"events": json.loads(events)} if events else {}) for label, events in BUTTONS
    )
    buttons += _button("Forged: access revoked", "webhooks/forge", {"school": school["id"], "type": "accessRevoked"})
    name = f"{escape(school['name'])}<br><small>{school['id']}, {school['mis']}, {school['students']} students</small>"
    return f"<tr><td>{name}</td><td>{school['access']}</td><td>{school['days']}</td><td>{buttons}</td></tr>"


def _button(label, path, body):
    """A button that posts `body` as JSON to a control page."""
    return f'<button type="button" data-path="{path}" data-body="{escape(json.dumps(body))}">{label}</button>'
