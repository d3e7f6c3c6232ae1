"""The words of the weekly mail and of the parents' pages, in English and Welsh, side by side so that none is forgotten.

{curly} names are filled in. Welsh keeps a noun singular after a number, so each count is one phrase in both languages.
"""

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

WORDS = {
    "en": {
        # --- the mail
        "subject": "{school}: how the week went",
        "heading": "The week from {start} to {end}",
        "intro": "This is what {product} shows for the week.",
        "intro_nothing": "There is nothing to report from {product} this week, and that is all right.",
        "done": "{done} of {set} tasks done",
        "extra": "Tasks done: {done}. None were set.",
        "none_set": "No tasks were set this week.",
        "minutes": "{minutes} minutes of practice",
        "one_minute": "1 minute of practice",
        "more": "That is {number} more than the week before.",
        "fewer": "That is {number} fewer than the week before.",
        "same": "As many as the week before.",
        "in_class": "Class {name}",
        "why_you": "You get this mail because {school} lists this address for a parent or carer.",
        "stop": "Stop these mails",
        "not_mine": "This is not my child",
        "questions": "Questions about the work go to the school: answer this mail.",
        "held": "{school} decides what is held about you. {product} sends this for the school. Help: {support}",
        "privacy": "How your data is used",
        # --- the pages
        "page_title": "Weekly mail",
        "lead_stop": "This stops the weekly mail of {school} to your address, for good.",
        "button_all": "Stop all mail from {school}",
        "button_child": "Stop mail about {name} only",
        "stopped_all": "Stopped. {school} sends no more weekly mail to your address.",
        "stopped_child": "Stopped. {school} sends no more weekly mail about {name} to your address.",
        "stopped_one": "Stopped. {school} sends no more weekly mail about this child to your address.",
        "state_none": "You have not stopped any mail so far.",
        "state_all": "You have stopped all weekly mail of {school} to your address.",
        "state_child": "You have stopped the mail about {name}.",
        "state_some": "You have stopped the mail about one child or more.",
        "on_its_way": "A mail that is already on its way may still arrive.",
        "changed_mind": "Change your mind?",
        "button_ask_again": "Send me a link to start again",
        "asked_again": "A link is on its way to your address, if {school} still has it. Open it within three days, and "
        "the weekly mail starts again. Nothing has changed until then.",
        "lead_again": "This starts the weekly mail of {school} to your address again, about all children.",
        "button_again": "Send the weekly mail again",
        "again_subject": "{school}: start the weekly mail again?",
        "again_mail": "Somebody, probably you, asked to get the weekly mail of {school} at this address again.",
        "again_mail_link": "Start the weekly mail again",
        "again_mail_lasts": "The link works for three days. If you did not ask, do nothing: the mail stays stopped.",
        "again": "You will get the weekly mail of {school} again.",
        "again_not": "Something else stands against it. Please ask the school.",
        "not_mine_title": "Not your child?",
        "not_mine_lead": "Then your address was written down for somebody else. Tell us, and the mail stops at once.",
        "button_not_mine": "This is not my child",
        "not_mine_done": "Thank you. The mail has stopped, and the school is told to correct its address.",
        "invalid_title": "This link does not work",
        "invalid": "It may have been cut off on the way, or be older than two years. Use the link in the newest mail, "
        "or write to {support}.",
        "many": "Too many links from here did not work. Please wait a minute and try again.",
        "who_holds": "{school} decides what is held about you and your child. Ask the school, or {support}.",
    },
    "cy": {
        # --- yr e-bost
        "subject": "{school}: sut aeth yr wythnos",
        "heading": "Yr wythnos o {start} i {end}",
        "intro": "Dyma beth mae {product} yn ei ddangos ar gyfer yr wythnos.",
        "intro_nothing": "Does dim byd i'w adrodd o {product} yr wythnos hon, ac mae hynny'n iawn.",
        "done": "{done} o {set} tasg wedi'u gwneud",
        "extra": "Tasgau wedi'u gwneud: {done}. Ni osodwyd yr un.",
        "none_set": "Ni osodwyd tasgau yr wythnos hon.",
        "minutes": "{minutes} munud o ymarfer",
        "one_minute": "1 munud o ymarfer",
        "more": "Mae hynny {number} yn fwy na'r wythnos flaenorol.",
        "fewer": "Mae hynny {number} yn llai na'r wythnos flaenorol.",
        "same": "Yr un faint â'r wythnos flaenorol.",
        "in_class": "Dosbarth {name}",
        "why_you": "Cewch yr e-bost hwn gan fod {school} yn rhestru'r cyfeiriad hwn ar gyfer rhiant neu ofalwr.",
        "stop": "Rhoi'r gorau i'r e-byst hyn",
        "not_mine": "Nid fy mhlentyn i yw hwn",
        "questions": "Cwestiynau am y gwaith? Atebwch yr e-bost hwn i holi'r ysgol.",
        "held": "{school} sy'n penderfynu beth a gedwir amdanoch. {product} sy'n anfon hwn dros yr ysgol. "
        "Cymorth: {support}",
        "privacy": "Sut y defnyddir eich data",
        # --- y tudalennau
        "page_title": "E-bost wythnosol",
        "lead_stop": "Mae hyn yn atal e-bost wythnosol {school} i'ch cyfeiriad, am byth.",
        "button_all": "Atal pob e-bost gan {school}",
        "button_child": "Atal e-byst am {name} yn unig",
        "stopped_all": "Wedi'i atal. Ni fydd {school} yn anfon rhagor o e-byst wythnosol i'ch cyfeiriad.",
        "stopped_child": "Wedi'i atal. Ni fydd {school} yn anfon rhagor o e-byst wythnosol am {name} i'ch cyfeiriad.",
        "stopped_one": "Wedi'i atal. Ni fydd {school} yn anfon rhagor o e-byst wythnosol am y plentyn hwn i'ch "
        "cyfeiriad.",
        "state_none": "Nid ydych wedi atal unrhyw e-bost hyd yma.",
        "state_all": "Rydych wedi atal pob e-bost wythnosol gan {school} i'ch cyfeiriad.",
        "state_child": "Rydych wedi atal e-byst am {name}.",
        "state_some": "Rydych wedi atal e-byst am un plentyn neu ragor.",
        "on_its_way": "Gall e-bost sydd eisoes ar ei ffordd gyrraedd o hyd.",
        "changed_mind": "Wedi newid eich meddwl?",
        "button_ask_again": "Anfonwch ddolen ataf i ailddechrau",
        "asked_again": "Mae dolen ar ei ffordd i'ch cyfeiriad, os yw'n dal gan {school}. Agorwch hi o fewn tri "
        "diwrnod, a bydd yr e-bost wythnosol yn ailddechrau. Nid oes dim wedi newid tan hynny.",
        "lead_again": "Mae hyn yn ailddechrau e-bost wythnosol {school} i'ch cyfeiriad, am bob plentyn.",
        "button_again": "Anfon yr e-bost wythnosol eto",
        "again_subject": "{school}: ailddechrau'r e-bost wythnosol?",
        "again_mail": "Gofynnodd rhywun, chi yn ôl pob tebyg, am gael e-bost wythnosol {school} yn y cyfeiriad hwn "
        "eto.",
        "again_mail_link": "Ailddechrau'r e-bost wythnosol",
        "again_mail_lasts": "Mae'r ddolen yn gweithio am dri diwrnod. Os na ofynnoch chi, peidiwch â gwneud dim: ni "
        "fydd e-byst yn cael eu hanfon.",
        "again": "Byddwch yn cael e-bost wythnosol {school} eto.",
        "again_not": "Mae rhywbeth arall yn ei atal. Gofynnwch i'r ysgol.",
        "not_mine_title": "Nid eich plentyn chi?",
        "not_mine_lead": "Yna cofnodwyd eich cyfeiriad ar gyfer rhywun arall. Dywedwch wrthym, a bydd yr e-byst yn "
        "peidio ar unwaith.",
        "button_not_mine": "Nid fy mhlentyn i yw hwn",
        "not_mine_done": "Diolch. Mae'r e-byst wedi peidio, a dywedir wrth yr ysgol am gywiro'r cyfeiriad.",
        "invalid_title": "Nid yw'r ddolen hon yn gweithio",
        "invalid": "Efallai iddi gael ei thorri ar y ffordd, neu ei bod yn hŷn na dwy flynedd. Defnyddiwch y ddolen yn "
        "yr e-bost diweddaraf, neu ysgrifennwch at {support}.",
        "many": "Ni weithiodd gormod o ddolenni o'r fan hon. Arhoswch funud a rhowch gynnig arall arni.",
        "who_holds": "{school} sy'n penderfynu beth a gedwir amdanoch chi a'ch plentyn. Gofynnwch i'r ysgol, neu "
        "{support}.",
    },
}


PAGE_WORDS = (
    "page_title", "lead_stop", "button_all", "on_its_way", "changed_mind", "button_ask_again", "lead_again",
    "button_again", "not_mine_title", "not_mine_lead", "button_not_mine", "invalid_title", "who_holds", "privacy",
    "again_subject", "again_mail", "again_mail_link", "again_mail_lasts",
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

    def day(self, date, with_year=True):
        """ "5 October 2026"."""
        with translation.override(self.language):
            said = date_format(date, "j F Y" if with_year else "j F")
        return said.replace("Gorffenaf", "Gorffennaf")  # Django's Welsh July lacks an n
