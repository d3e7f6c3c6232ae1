"""The words of the weekly mail and of the parents' pages, in English and Welsh, side by side so that none is forgotten.

{curly} names are filled in. Welsh keeps a noun singular after a number, so each count is one phrase in both languages.
"""

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

WORDS = {
    "en": {
        # --- the mail
        "subject": "{school}: the week of {start}",
        "preheader": "What was set and what was done in {product} from {week}.",
        "week": "The week from {week}",
        "span": "{start} to {end}",
        "intro": "What was set and done in {product}",
        "intro_nothing": "There is nothing to report from {product} this week, and that is all right.",
        "finished": "{name} finished all {set} tasks",
        "finished_one": "{name} finished the one task that was set",
        "done": "{name} did {done} of {set} tasks",
        "done_none": "{name} did none of the {set} tasks",
        "done_none_of_one": "{name} did not do the one task that was set",
        "done_beyond": "{name} did {done} tasks, and {set} were set",
        "extra": "{name} did {done} tasks, and none were set",
        "extra_one": "{name} did 1 task, and none were set",
        "none_set": "No tasks were set for {name}",
        "more": ", {number} more than the week before",
        "fewer": ", {number} fewer than the week before",
        "same_share": ", the same share as the week before",
        "larger": ", a larger share than the week before",
        "smaller": ", a smaller share than the week before",
        "as_before": ", as in the week before",
        "no_name": "Your child",
        "minutes": "{minutes} minutes of practice",
        "one_minute": "1 minute of practice",
        "in_class": "Class {name}",
        "in_class_with": "Class {name}, with {teachers}",
        "why_you": "You get this mail because {school} lists this address for a parent or carer.",
        "stop": "Stop this weekly mail",
        "not_mine": "This is not my child",
        "questions": "Questions? Write to {school} at {address}, or answer this mail.",
        "questions_no_address": "Questions? Please ask {school}.",
        "held": "{school} decides what is held about you. {product} sends this for the school. Help: {support}",
        "privacy": "How your data is used",
        # --- the pages
        "page_title": "Weekly mail of {school}",
        "skip": "Skip to the page",
        "lead_stop": "This page is about the weekly mail of {school} to {address}.",
        "your_address": "your address",
        "all": "Weekly mail",
        "about": "Weekly mail about {name}",
        "about_one": "Weekly mail about one child or more",
        "on": "on",
        "off": "off since {day}",
        "what_stops": "You can stop it here, at once and for as long as you like.",
        "goes_on": "{school} itself may still write to you, about trips or reports for example. That does not come "
        "from here, and goes on.",
        "button_all": "Stop the weekly mail",
        "button_child": "Stop it about {name} only",
        "stopped_title": "The weekly mail is stopped",
        "stopped_child_title": "The weekly mail about one child is stopped",
        "on_its_way": "A mail that is already on its way may still arrive.",
        "others_off": "Not everything that stopped it can be undone here: please ask {school}.",
        "changed_mind": "To get it again",
        "how_again": "Ask for a link here. It goes to the address itself, and whoever opens it there can start the "
        "mail again.",
        "button_ask_again": "Send me a link to start again",
        "asked_again": "A link is on its way to your address, if {school} still has it. Open it within three days and "
        "press the button there. Nothing has changed until then: the mail stays stopped.",
        "again_title": "Start the weekly mail again?",
        "lead_again": "This starts the weekly mail of {school} to {address} again, about all children.",
        "button_again": "Start the weekly mail again",
        "again_subject": "{school}: start the weekly mail again?",
        "again_mail": "Somebody, probably you, asked to get the weekly mail of {school} at this address again.",
        "again_mail_link": "Start the weekly mail again",
        "again_mail_lasts": "The link works for three days. If you did not ask, do nothing: the mail stays stopped.",
        "again_done_title": "The weekly mail is on again",
        "again": "You will get the weekly mail of {school} again, from the next week that is mailed.",
        "again_not": "It is still off: something else stands against it. Please ask {school}.",
        "nothing_to_start": "It is on, so there is nothing to start.",
        "not_mine_title": "Not your child?",
        "not_mine_lead": "Then your address was written down for somebody else. Tell us, and the mail stops at once.",
        "button_not_mine": "This is not my child",
        "not_mine_done_title": "Thank you",
        "not_mine_done": "The mail to this address has stopped, and {school} is told to correct it.",
        "invalid_title": "This link does not work",
        "invalid": "It may have been cut off on the way, or be older than two years. Use the link in the newest mail, "
        "or write to {support}.",
        "many": "Too many links from here did not work. Please wait a minute and try again.",
        "who_holds": "{school} decides what is held about you and your child. Ask the school, or {support}.",
    },
    "cy": {
        # --- yr e-bost
        "subject": "{school}: wythnos {start}",
        "preheader": "Beth a osodwyd a beth a wnaed yn {product} o {week}.",
        "week": "Yr wythnos o {week}",
        "span": "{start} i {end}",
        "intro": "Beth a osodwyd ac a wnaed yn {product}",
        "intro_nothing": "Does dim byd i'w adrodd o {product} yr wythnos hon, ac mae hynny'n iawn.",
        "finished": "Gorffennodd {name} bob un o'r {set} tasg",
        "finished_one": "Gorffennodd {name} yr un dasg a osodwyd",
        "done": "Gwnaeth {name} {done} o'r {set} tasg",
        "done_none": "Ni wnaeth {name} yr un o'r {set} tasg",
        "done_none_of_one": "Ni wnaeth {name} yr un dasg a osodwyd",
        "done_beyond": "Gwnaeth {name} {done} tasg, a {set} a osodwyd",
        "extra": "Gwnaeth {name} {done} tasg, er na osodwyd yr un",
        "extra_one": "Gwnaeth {name} 1 dasg, er na osodwyd yr un",
        "none_set": "Ni osodwyd tasgau i {name}",
        "more": ", {number} yn fwy na'r wythnos flaenorol",
        "fewer": ", {number} yn llai na'r wythnos flaenorol",
        "same_share": ", yr un gyfran â'r wythnos flaenorol",
        "larger": ", cyfran fwy na'r wythnos flaenorol",
        "smaller": ", cyfran lai na'r wythnos flaenorol",
        "as_before": ", fel yn yr wythnos flaenorol",
        "no_name": "Eich plentyn",
        "minutes": "{minutes} munud o ymarfer",
        "one_minute": "1 munud o ymarfer",
        "in_class": "Dosbarth {name}",
        "in_class_with": "Dosbarth {name}, gyda {teachers}",
        "why_you": "Cewch yr e-bost hwn gan fod {school} yn rhestru'r cyfeiriad hwn ar gyfer rhiant neu ofalwr.",
        "stop": "Rhoi'r gorau i'r e-bost wythnosol hwn",
        "not_mine": "Nid fy mhlentyn i yw hwn",
        "questions": "Cwestiynau? Ysgrifennwch at {school} yn {address}, neu atebwch yr e-bost hwn.",
        "questions_no_address": "Cwestiynau? Gofynnwch i {school}.",
        "held": "{school} sy'n penderfynu beth a gedwir amdanoch. {product} sy'n anfon hwn dros yr ysgol. "
        "Cymorth: {support}",
        "privacy": "Sut y defnyddir eich data",
        # --- y tudalennau
        "page_title": "E-bost wythnosol {school}",
        "skip": "Neidio i'r dudalen",
        "lead_stop": "Mae'r dudalen hon yn ymwneud ag e-bost wythnosol {school} i {address}.",
        "your_address": "eich cyfeiriad",
        "all": "E-bost wythnosol",
        "about": "E-bost wythnosol am {name}",
        "about_one": "E-bost wythnosol am un plentyn neu ragor",
        "on": "ymlaen",
        "off": "i ffwrdd ers {day}",
        "what_stops": "Gallwch ei atal yma, ar unwaith ac am gyhyd ag y mynnwch.",
        "goes_on": "Gall {school} ei hun ysgrifennu atoch o hyd, am deithiau neu adroddiadau er enghraifft. Nid o'r "
        "fan hon y daw hynny, ac mae'n parhau.",
        "button_all": "Atal yr e-bost wythnosol",
        "button_child": "Ei atal am {name} yn unig",
        "stopped_title": "Mae'r e-bost wythnosol wedi'i atal",
        "stopped_child_title": "Mae'r e-bost wythnosol am un plentyn wedi'i atal",
        "on_its_way": "Gall e-bost sydd eisoes ar ei ffordd gyrraedd o hyd.",
        "others_off": "Ni ellir dadwneud yma bopeth a'i hataliodd: gofynnwch i {school}.",
        "changed_mind": "I'w gael eto",
        "how_again": "Gofynnwch am ddolen yma. Bydd yn mynd i'r cyfeiriad ei hun; gall pwy bynnag sy'n ei hagor yno "
        "ailddechrau'r e-bost.",
        "button_ask_again": "Anfonwch ddolen ataf i ailddechrau",
        "asked_again": "Mae dolen ar ei ffordd i'ch cyfeiriad, os yw'n dal gan {school}. Agorwch hi o fewn tri diwrnod "
        "a phwyso'r botwm yno. Nid oes dim wedi newid tan hynny: mae'r e-bost yn dal wedi'i atal.",
        "again_title": "Ailddechrau'r e-bost wythnosol?",
        "lead_again": "Mae hyn yn ailddechrau e-bost wythnosol {school} i {address}, am bob plentyn.",
        "button_again": "Ailddechrau'r e-bost wythnosol",
        "again_subject": "{school}: ailddechrau'r e-bost wythnosol?",
        "again_mail": "Gofynnodd rhywun, chi yn ôl pob tebyg, am gael e-bost wythnosol {school} yn y cyfeiriad hwn "
        "eto.",
        "again_mail_link": "Ailddechrau'r e-bost wythnosol",
        "again_mail_lasts": "Mae'r ddolen yn gweithio am dri diwrnod. Os na ofynnoch chi, peidiwch â gwneud dim: ni "
        "fydd e-byst yn cael eu hanfon.",
        "again_done_title": "Mae'r e-bost wythnosol ymlaen eto",
        "again": "Byddwch yn cael e-bost wythnosol {school} eto, o'r wythnos nesaf a anfonir.",
        "again_not": "Mae'n dal i ffwrdd: mae rhywbeth arall yn ei atal. Gofynnwch i {school}.",
        "nothing_to_start": "Mae ymlaen, felly nid oes dim i'w ailddechrau.",
        "not_mine_title": "Nid eich plentyn chi?",
        "not_mine_lead": "Yna cofnodwyd eich cyfeiriad ar gyfer rhywun arall. Dywedwch wrthym, a bydd yr e-byst yn "
        "peidio ar unwaith.",
        "button_not_mine": "Nid fy mhlentyn i yw hwn",
        "not_mine_done_title": "Diolch",
        "not_mine_done": "Mae'r e-byst i'r cyfeiriad hwn wedi peidio, a dywedir wrth {school} am ei gywiro.",
        "invalid_title": "Nid yw'r ddolen hon yn gweithio",
        "invalid": "Efallai iddi gael ei thorri ar y ffordd, neu ei bod yn hŷn na dwy flynedd. Defnyddiwch y ddolen yn "
        "yr e-bost diweddaraf, neu ysgrifennwch at {support}.",
        "many": "Ni weithiodd gormod o ddolenni o'r fan hon. Arhoswch funud a rhowch gynnig arall arni.",
        "who_holds": "{school} sy'n penderfynu beth a gedwir amdanoch chi a'ch plentyn. Gofynnwch i'r ysgol, neu "
        "{support}.",
    },
}


PAGE_WORDS = (
    "page_title", "skip", "what_stops", "goes_on", "button_all", "on_its_way", "others_off", "changed_mind",
    "how_again", "button_ask_again", "again_title", "button_again", "nothing_to_start", "not_mine_title",
    "not_mine_lead", "button_not_mine", "invalid_title", "who_holds", "privacy", "again_subject", "again_mail",
    "again_mail_link", "again_mail_lasts",
)  # fmt: skip


def words_of(language, school=None):
    """The words of the pages and mails of `school`, or of none."""
    known = {"product": settings.PRODUCT_NAME, "support": settings.SUPPORT_EMAIL}
    return Words(language, **known, school=school.name if school else "")


class Words:
    """The phrases of one language, with what is the same in every one of them filled in."""

    def __init__(self, language, **known):
        self.language = language if language in WORDS else "en"
        self.known = known

    def __call__(self, phrase, **values):
        return WORDS[self.language][phrase].format(**self.known | values)

    def page(self):
        """What every parents' page may say; none of it names a child."""
        return {phrase: self(phrase) for phrase in PAGE_WORDS}

    def day(self, date, form="j F Y"):
        """ "5 October 2026"."""
        with translation.override(self.language):
            said = date_format(date, form)
        return said.replace("Gorffenaf", "Gorffennaf")  # Django's Welsh July lacks an n

    def span(self, first, last):
        """ "16 to 22 November 2026", with the month and the year of the first day where they are others."""
        form = "j F Y" if first.year != last.year else "j F" if first.month != last.month else "j"
        return self("span", start=self.day(first, form), end=self.day(last))
