"""Events about contacts. Each is a function (world, rng, args) -> [what happened], args already checked."""

from sync.sandbox.events.picking import EventError, find, pick, unlink_orphans
from sync.sandbox.world import chance, names
from sync.sandbox.world.people import make_contact, make_home
from sync.sandbox.world.records import Link


def gain_contact(world, rng, args):
    """Students get one more contact, with responsibility and an address."""
    happened = []
    for student in pick(rng, args, list(world.students.values()), "student"):
        pools = names.family(rng)[1:]
        contact = make_contact(world, rng, student.surname or "Marsh", pools, rng.random() < 0.5, make_home(world, rng))
        contact.created_at = contact.updated_at = world.stamp()
        world.add("contacts", contact)
        student.links.append(Link(contact.id, "Aunt", True, len(student.links) + 1, False))
        happened.append({"student": student.id, "contact": contact.id})
    return happened


def lose_contact(world, rng, args):
    """A contact of a student is unlinked, and deleted if no other student has it."""
    happened = []
    for student, link in _links(world, rng, args, lambda link: True):
        student.links.remove(link)
        gone = unlink_orphans(world, [link.contact])
        happened.append({"student": student.id, "contact": link.contact, "deleted": bool(gone)})
    return happened


def withdraw_responsibility(world, rng, args):
    """A contact's parental responsibility for a student becomes false, or null with `unknown`."""
    happened = []
    for student, link in _links(world, rng, args, lambda link: link.parental_responsibility):
        link.parental_responsibility = None if args.get("unknown") else False
        happened.append(
            {"student": student.id, "contact": link.contact, "parental_responsibility": link.parental_responsibility}
        )
    return happened


def court_order(world, rng, args):
    """The link between a student and a contact carries a court order from now on; `lifted` takes it off again."""
    happened = []
    for student, link in _links(world, rng, args, lambda link: True):
        link.court_order = not args.get("lifted")
        happened.append({"student": student.id, "contact": link.contact, "court_order": link.court_order})
    return happened


def _links(world, rng, args, wanted):
    """The (student, link) pairs an event happens to: by student, by contact, by both, or at random among those
    `wanted`.
    """
    if args.get("student") or args.get("students"):
        students = pick(rng, args, (), "student", world.students)
    else:
        students = list(world.students.values())
    contact = find(world.contacts, args["contact"], "contact").id if args.get("contact") else None
    pairs = [(student, link) for student in students for link in student.links if contact in (None, link.contact)]
    if args.get("student") or contact:
        if not pairs:
            raise EventError("This student and this contact are not linked.")
        return pairs if contact else pairs[:1]
    pairs = [pair for pair in pairs if wanted(pair[1])]
    if len(pairs) < args.get("count", 1):
        raise EventError("This school has too few contacts for that.")
    return rng.sample(pairs, args.get("count", 1))


def change_email(world, rng, args):
    """Contacts get another email address; with `email` null they no longer have one."""
    happened = []
    for contact in pick(
        rng, args, [row for row in world.contacts.values() if any(row.emails.values())], "contact", world.contacts
    ):
        address = args.get("email", f"new.{contact.mis_id}@example.org")
        contact.emails = dict.fromkeys(("email", "primary", "home", "work"), None) | {
            "email": address,
            "primary": address,
        }
        world.touch(contact)
        happened.append({"contact": contact.id, "email": address})
    return happened


def shift_emails(world, rng, args):
    """A slip with a spreadsheet: every contact has the address of the contact above."""
    contacts = list(world.contacts.values())
    before = [contact.emails for contact in contacts]
    for contact, emails in zip(contacts, [before[-1], *before[:-1]], strict=True):
        contact.emails = emails
        world.touch(contact)
    return [{"contacts": len(contacts)}]


def contact_new_id(world, rng, args):
    """Contacts under a new Wonde id, UPI and MIS id, as when a school deletes a contact and enters them again."""
    happened = []
    for contact in pick(rng, args, list(world.contacts.values()), "contact"):
        old = contact.id
        world.remove("contacts", contact)
        contact.id, contact.mis_id = world.new_id(old[0]), world.new_mis_id()
        contact.upi = chance.upi(world.profile.id, world.mis, contact.mis_id)
        contact.created_at = contact.updated_at = world.stamp()
        world.add("contacts", contact)
        for student in [*world.students.values(), *world.leavers.values()]:
            for link in student.links:
                if link.contact == old:
                    link.contact = contact.id
        happened.append({"contact": contact.id, "old": old})
    return happened


def change_priority(world, rng, args):
    """The priority of a contact for a student becomes the number given; without `priority`, none is stated any
    longer."""
    happened = []
    for student, link in _links(world, rng, args, lambda link: link.priority):
        link.priority = args.get("priority")
        happened.append({"student": student.id, "contact": link.contact, "priority": link.priority})
    return happened
