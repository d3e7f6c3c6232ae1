"""Login cards: what is printed for one student. The words of a code are on the card and nowhere else."""

from dataclasses import dataclass
from urllib.parse import quote

import qrcode
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from qrcode.constants import ERROR_CORRECT_L
from qrcode.image.svg import SvgPathImage

LONG_NAME, LONG_ADDRESS, LONG_USERNAME = 36, 40, 26  # letters that fit on a card in their full size
QUIET_ZONE = 4  # modules of white space that scanners need around the code
ON_THE_PAGE = {"class": "login-qr", "role": "img", "aria-label": "QR code that opens the sign-in page"}


@dataclass(frozen=True)
class Card:
    """address: what to type if there is no camera, without https://; the school's code follows there."""

    name: str
    class_name: str
    address: str
    username: str
    words: list
    qr: SafeString

    @property
    def is_long(self):
        """Whether one of its texts is so long that all are set smaller: a card has one size."""
        return len(self.name) > LONG_NAME or len(self.address) > LONG_ADDRESS or len(self.username) > LONG_USERNAME


def cards(school, students, words, class_names):
    """A Card for each of `students` of `school` that has a username and new words, in their order.

    class_names: {student id: name of the class}
    """
    door = settings.SITE_URL + reverse("students:sign_in", args=[school.code])
    address, made = (settings.SITE_URL + reverse("students:find_school")).split("//")[1].rstrip("/"), []
    for student in students:
        if student.user is None or student.pk not in words:
            continue
        # After "#" the username stays in the browser: no server or log sees it.
        code = qr(f"{door}#{quote(student.user.username)}")
        class_name = class_names.get(student.pk, "")
        made.append(Card(str(student), class_name, address, student.user.username, words[student.pk], code))
    return made


def qr(text):
    """A QR code as an inline SVG element."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=QUIET_ZONE, mask_pattern=0)
    code.add_data(text)
    image = code.make_image(SvgPathImage, **ON_THE_PAGE)
    del image.path.attrib["id"]  # a sheet carries many codes
    return mark_safe(image.to_string(encoding="unicode"))  # noqa: S308 - drawn by qrcode; the text is only squares in it
