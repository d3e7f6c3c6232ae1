"""Why a row Wonde has is not imported, or why one of ours ends, in words: for the school, for support, as a reply.

Which reasons there are, and what follows from each, stands in `sync.rules.reasons`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One reason, told to whoever asks.

    sentence: why, for the school, after the name ("Sam Okoro …"). who: who can change it. support: which rule it is and
    where to look, for support. reply: what the school can do, as support would write it; "{mis}" stands for the MIS.
    """

    sentence: str
    who: str
    support: str
    reply: str


IN_WORDS = {  # code of `sync.rules.reasons` -> its words
    "not_in_imported_class": Words(
        "is in no class that is imported",
        "Support can add the class; the school can change the class list in the MIS.",
        support="Students come in with their class. Look at the classes Wonde has them in, and why each of those is "
        "out.",
        reply="If a class of theirs should use the product, any teacher can ask for it under “All classes”. If they "
        "should be in another class, change that in {mis}: it arrives the next morning.",
    ),
    "teaches_no_imported_class": Words(
        "teaches no class that is imported",
        "Support can add the class; the school can change who teaches it in the MIS.",
        support="Staff come in with the classes they teach. A school lead who teaches nothing needs no class: invite "
        "them.",
        reply="If they teach one of the imported classes, add them to it in {mis}: it arrives the next morning. "
        "Somebody who looks after class lists without teaching can be invited as a school lead.",
    ),
    "not_current": Words(
        "has left, has not started yet, or is not current in the MIS",
        "The school can change the dates or the status in the MIS.",
        support="The MIS states it: a leaving date that has passed, an admission date to come, or staff marked as not "
        "current. It applies the same night; of more people at once than the school's limits let pass, a person is "
        "asked first.",
        reply="Please check the admission date, the leaving date and the status in {mis}. Once they are right, the "
        "person arrives the next morning.",
    ),
    "duplicate": Words(
        "has a UPN that another student has too",
        "The school can correct the UPN in the MIS; until then the newer one waits.",
        support="Two students with one UPN could be either child, so the newer one waits. Don't pass on the UPN by "
        "mail.",
        reply="Two students have the same UPN in {mis}. Please correct it there; the student arrives the next morning.",
    ),
    "perhaps_someone_else": Words(
        "has the UPN or UPI of somebody who was here before, but neither that name nor that year group",
        "A school lead or support can say whether it is the same person.",
        support="The identifier may be mistyped in the MIS, and the wrong answer hands one person's sign-in to "
        "another. Ask the school, then answer under “Perhaps somebody else”; or have the MIS corrected.",
        reply="{mis} gives them an identifier that somebody else had here before. Please check it in {mis}. If it is "
        "right, open “Perhaps somebody else” on your school page and say who it is: they arrive with the next sync.",
    ),
    "second_class": Words(
        "is already in another imported class, and a student belongs to one",
        "Support or the school lead can choose the other class.",
        support="One class per student. The present one stays; to swap, leave it out or have the school move the "
        "student.",
        reply="A student is in one class here. If it should be the other one, take the student out of the first in "
        "{mis}, or tell us which class should not use the product.",
    ),
    "excluded_class": Words(
        "was left out by a person",
        "Support can include it again.",
        support="A person decided it; every sync obeys that. The class says who and since when.",
        reply="If it should use the product again, any teacher can ask for it under “All classes”.",
    ),
    "other_subject": Words(
        "is not a class of a subject that uses this product",
        "Support can include it.",
        support="The subject in the MIS is none of the school's own. Include the class, or add the subject's code or "
        "name to the school if all of its classes should come.",
        reply="If it should use the product all the same, any teacher can ask for it under “All classes”.",
    ),
    "no_subject": Words(
        "has no subject in the MIS",
        "Support can include it by hand.",
        support="Without a subject no rule takes it. Include the class by hand if the school wants it.",
        reply="Please give the class its subject in {mis}, or ask for it under “All classes”.",
    ),
    "other_year_group": Words(
        "is a class of a year group that does not use this product",
        "Support can include it or add the year group.",
        support="Look at the school's year groups and at the year most of the class's students are in.",
        reply="If this year group should use the product, tell us and we add it. One class alone can be asked for "
        "under “All classes”.",
    ),
    "other_academic_year": Words(
        "belongs to another academic year",
        "The school can change the academic year in the MIS.",
        support="The academic year stated in the MIS is not the school's current one. Check the day the year starts.",
        reply="Please check the academic year of the class in {mis}. Once it is the current one, the class arrives "
        "the next morning.",
    ),
    "intervention_group": Words(
        "is an intervention group: most of its students are already in another imported class",
        "Support can include it after checking who would be in two classes.",
        support="More than half of its students were in classes already taken when it was first seen. The membership "
        "check shows who would be in two classes.",
        reply="If it should use the product instead of the other class, ask for it under “All classes”; we then look "
        "with you at who would be in two classes.",
    ),
    "asks_first": Words(
        "is new, and the school wants to be asked first",
        "The school lead can bring it in.",
        support="The school wants to be asked before a new class comes in. It waits on the list of classes.",
        reply="It is new since your class list was settled. Bring it in under “All classes” if it should use the "
        "product.",
    ),
    "no_students": Words(
        "has no students yet; it is decided when it has some",
        "The school can add students in the MIS.",
        support="An empty class is not decided. It is looked at again every night.",
        reply="Please add its students in {mis}. It is looked at again every night.",
    ),
    "no_kept_student": Words(
        "is a parent or carer of no student who is kept",
        "Support can add the class of the student; the school can change the class list in the MIS.",
        support="Parents and carers come in with their students. Look at why the student is not kept.",
        reply="Parents and carers come in with their children. Once the child is in an imported class, they arrive "
        "the next morning.",
    ),
    "no_parental_responsibility": Words(
        "has no parental responsibility in the MIS",
        "The school can change it in the MIS.",
        support="The MIS says no. It applies the same night and is never held; nobody here may overrule it.",
        reply="{mis} says that this contact has no parental responsibility for the child. If that is wrong, change it "
        "there: it arrives the next morning.",
    ),
    "parental_responsibility_unknown": Words(
        "may have parental responsibility or not: the MIS does not say",
        "The school can fill it in in the MIS, or choose to trust first contacts.",
        support="Parental responsibility is empty in the MIS, and not known is not yes. A school may choose to treat "
        "its first contacts as responsible.",
        reply="Please fill in parental responsibility for this contact in {mis}: once it says yes, they arrive the "
        "next morning.",
    ),
    "status_unknown": Words(
        "may be here or not: the MIS used to say so and no longer does",
        "The school can fill it in in the MIS, or share it again in Wonde.",
        support="Of staff “current” is empty; of students nobody has a first or last day any more. Here it used to be "
        "known, so unknown lets nobody new or returning in. Look at the permissions of the school in Wonde.",
        reply="{mis} does not tell us whether they are at the school now. Please share staff details and education "
        "details in Wonde, or fill it in in {mis}: they arrive the next morning.",
    ),
    "court_order_unknown": Words(
        "may have a court order on the link to the student: the MIS used to say so and no longer does",
        "The school can share it again in Wonde.",
        support="Court orders used to be shared here and no longer are. Who is here stays, nobody is added.",
        reply="{mis} no longer tells us about court orders, so we add no parent or carer. Please share them again in "
        "Wonde: whoever is new arrives the next morning.",
    ),
    "court_order": Words(
        "has a court order on the link to the student in the MIS",
        "Only the school can change it in the MIS.",
        support="The MIS states a court order between this contact and this student. Tell nobody outside the school.",
        reply="{mis} shows a court order between this contact and the child, so nothing is sent. Only you can change "
        "that, in {mis}.",
    ),
    "blocked": Words(
        "was blocked for this student by a person",
        "The school lead or support can lift the block.",
        support="Somebody blocked this contact for this student, or answered “This is not my child”. The student's "
        "page says who and when.",
        reply="This contact is blocked for the child. Please check the contact in {mis}; then a school lead can lift "
        "the block.",
    ),
    "left_out_here": Words(
        "is left out here by a person, although the MIS lists them",
        "A school lead or support can let them back in under “Left out”.",
        support="Somebody left them out of the product; every sync obeys that, also under a new Wonde id with the same "
        "UPI or UPN. “Left out” says who, since when and why. If this is somebody else, the MIS gives them a UPN that "
        "is not theirs.",
        reply="Somebody at your school or in support left them out of the product. A school lead can let them back in "
        "under “Left out” on your school page; they arrive with the next sync.",
    ),
    "awaits_rollover": Words(
        "waits for the new school year to be confirmed",
        "The school lead or support can confirm the rollover.",
        support="The year has ended or turned. Classes that are first seen now come in when somebody confirms the "
        "rollover; until then students keep their accounts between classes.",
        reply="Please open “New school year” on your school page, look at what ends and begins, and confirm it.",
    ),
    "permission_not_granted": Words(
        "is not shared: the school has not granted the permission in Wonde",
        "The school can grant the permission in Wonde.",
        support="Wonde answers 403 or shows the permission as not approved. After one 403 there is no mail and no API "
        "of what we had; when it is withdrawn it is frozen, and erased on the day the school's page names.",
        reply="Please open Wonde, choose our product and switch the permission on. What we had comes back with the "
        "next sync; after the day on your school page it is erased.",
    ),
    "not_offered": Words(
        "is not offered by Wonde for this school's MIS",
        "Wonde can say whether it will offer it.",
        support="Wonde answered 400 to what we ask for. No permission was withdrawn: what we have stays as it is, and "
        "nothing is erased; there is no mail on what was last read more than 48 hours ago.",
        reply="Wonde does not give us this from {mis}. What we had stays as it was. We ask Wonde; you need not do "
        "anything.",
    ),
    "hidden_at_source": Words(
        "is hidden by the school or its MIS; we know only how many there are",
        "The school can share the person in Wonde or the MIS.",
        support="Wonde counts more people than it shows us: blocked in Wonde, or without third-party consent in the "
        "MIS. We cannot know who.",
        reply="Some people are not shared with us. Please check the blocked people in Wonde and the consent for third "
        "parties in {mis}.",
    ),
    "perhaps_hidden": Words(
        "is no longer shared with us: consent in the MIS, or blocked in Wonde",
        "The school can give consent in the MIS again, or share them in Wonde.",
        support="They vanished, Wonde counts as many people as before, and no deletion names them. From that night no "
        "weekly mail goes out about them and the product has nothing of them; two nights later no page shows them. "
        "Nobody here can change that. If they have left, say so under “Waiting for you”.",
        reply="{mis} or Wonde no longer shares them with us. If that is a mistake, please tick consent for third "
        "parties in {mis} again, or share them in Wonde: they come back whole with the next sync.",
    ),
}

# What else may be true of somebody. These are answers of `sync.why.explain`; no ledger counts them.
STATES = {
    "imported": Words(
        "is here, as the MIS has it",
        "The school can change the details in the MIS.",
        support="Nothing is wrong with the import. If the school sees something else, compare the details and the "
        "hour.",
        reply="If something differs from {mis}, it was changed there after the last sync; it arrives the next morning.",
    ),
    "arrives": Words(
        "arrives with the next sync",
        "Nobody needs to; support can sync the school now.",
        support="Wonde has it now and the last sync had not. “Sync now” brings it at once.",
        reply="Nothing needs to be done: the next sync brings what is new.",
    ),
    "held": Words(
        "is missing in the MIS and waits for a person to say whether that is right",
        "A school lead or support can say so under “Waiting for you”.",
        support="More went missing than the limit lets pass. Ask the school before applying; keep what is a mistake.",
        reply="Please look at “Waiting for you” on your school page and say whether they have left. If {mis} is "
        "wrong, correct it there: it clears by itself.",
    ),
    "held_listed": Words(
        "is in the MIS but no longer in an imported class, or there for somebody in one, and waits for a person to "
        "say whether that is right",
        "A school lead or support can apply or keep it under “Waiting for you”.",
        support="The MIS lists them. More lost what keeps them here than the limit lets pass: a class, one they "
        "teach, or known responsibility. Ask the school before applying; keep what is a mistake.",
        reply="Please look at “Waiting for you” on your school page and say whether they leave. If {mis} is wrong, "
        "correct it there: it clears by itself.",
    ),
    "held_stated": Words(
        "is not here any more or not yet, says the MIS of many at once, and waits for a person to say whether that is "
        "right",
        "A school lead or support can apply or keep it under “Waiting for you”.",
        support="A leaving date, a status or an academic year came for more than the limit lets pass in one night: "
        "often a zero date, not news. Ask the school before applying.",
        reply="Please look at “Waiting for you” on your school page and say whether dates and statuses in {mis} are "
        "right. If not, correct them there: it clears by itself.",
    ),
    "held_hidden": Words(
        "is no longer shared with us (consent in the MIS, or blocked in Wonde), and waits for a person to say whether "
        "they are to be removed",
        "The school can give consent in the MIS again, or share them in Wonde; a school lead or support can say under "
        "“Waiting for you” whether they are removed.",
        support="They vanished, Wonde counts as many people as before, and no deletion names them. From that night no "
        "weekly mail goes out about them and the product has nothing of them; two nights later no page shows them, "
        "also if somebody keeps them. A yes removes them.",
        reply="{mis} or Wonde no longer shares them with us. If that is a mistake, please tick consent for third "
        "parties in {mis} again, or share them in Wonde: they come back whole with the next sync. If they have left, "
        "say so under “Waiting for you” on your school page.",
    ),
    "held_details": Words(
        "is here with the old details: new ones came from the MIS for many people at once and wait for a person",
        "A school lead or support can take them over or keep the old ones under “Waiting for you”.",
        support="Many addresses, or many names with their UPNs, changed in one night: perhaps a slip with a "
        "spreadsheet. Ask the school before taking them over.",
        reply="Please look at “Waiting for you” on your school page and say whether the new details in {mis} are "
        "right. If not, correct them there: it clears by itself.",
    ),
    "kept": Words(
        "is here although the MIS no longer has them, because a person said to keep them",
        "A school lead or support can remove them after all under “Waiting for you”.",
        support="Somebody looked at what was missing and kept it; it is not asked again. It clears by itself once the "
        "MIS lists them.",
        reply="Somebody at your school or in support said to keep them. Once {mis} lists them again, there is nothing "
        "else to do.",
    ),
    "going": Words(
        "is missing in the MIS and goes with the next sync",
        "The school can correct the list in the MIS.",
        support="Wonde does not list them now. If that is wrong, have it corrected before the night.",
        reply="{mis} no longer lists them. If that is a mistake, please correct it there before tonight.",
    ),
    "left": Words(
        "has left: no longer listed in the MIS",
        "The school can correct the list in the MIS; until the day of erasure the same sign-in comes back.",
        support="Look at the day and the cause. Until the day of erasure a return is the same person.",
        reply="{mis} does not list them any more. If they are back, add them to their class in {mis}: the same "
        "sign-in works again the next morning.",
    ),
    "unreadable": Words(
        "is in the MIS, but what Wonde sends cannot be read",
        "The school can correct the details in the MIS; the engineers can look at what Wonde sends.",
        support="Wonde sends details in a shape we cannot read. What we have stays as it is. Tell the "
        "engineers the Wonde id.",
        reply="What arrives from {mis} is damaged. Please open it there and save it again; we look at our side as "
        "well.",
    ),
    "emptied": Words(
        "cannot be judged tonight: Wonde lists nobody and nothing of this kind, although there were many",
        "The school can check the MIS and the Wonde software at school.",
        support="An empty list with the permission in place is taken for a fault. Nothing is changed.",
        reply="Wonde shows us an empty list. Please check that {mis} and the Wonde software at school are running.",
    ),
    "unsure": Words(
        "cannot be judged tonight: some came without their id",
        "Nobody needs to; the engineers can look at what Wonde sends.",
        support="A row without an id could be anyone, so nobody of this kind is taken for missing. What we have stays "
        "as it was.",
        reply="Nothing needs to be done: what you see stays as it was.",
    ),
    "unknown": Words(
        "was not found, neither here nor in what Wonde shows us",
        "The school can look the person or class up in the MIS.",
        support="Check the spelling, or search by Wonde id. Whoever is hidden at the source is known only as a number.",
        reply="We find nobody and no class of that name in what {mis} shares with us. Please check the spelling, and "
        "whether they are blocked in Wonde.",
    ),
}
