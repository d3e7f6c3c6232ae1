"""Login cards: what is printed for one student. The words of a code are on it and nowhere else."""

from dataclasses import dataclass
from urllib.parse import quote

import qrcode
from django.conf import settings
from django.urls import reverse
from qrcode.constants import ERROR_CORRECT_L

QUIET_ZONE = 4  # modules of white that scanners need around the code


@dataclass(frozen=True)
class Card:
    """address: what to type where there is no camera, without https://."""

    name: str
    class_name: str
    address: str
    username: str
    words: list
    qr_path: str
    qr_size: int


def cards(school, students, words, class_names):
    """A Card for each of `students` of `school` that has a username and new words, in their order.

    class_names: {student id: name of the class}
    """
    door = settings.SITE_URL + reverse("students:sign_in", args=[school.code])
    address, made = door.split("//")[1], []
    for student in students:
        if student.user is None or student.pk not in words:
            continue
        # Behind "#" the username stays in the browser: no server, no log sees it.
        path, size = qr(f"{door}#{quote(student.user.username)}")
        class_name = class_names.get(student.pk, "")
        made.append(Card(str(student), class_name, address, student.user.username, words[student.pk], path, size))
    return made


def qr(text):
    """A QR code as an SVG path over squares of 1, and its width with the quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=QUIET_ZONE, mask_pattern=0)
    code.add_data(text)
    code.make()
    rows, path = code.get_matrix(), []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if row[x]:
                start = x
                while x < len(row) and row[x]:
                    x += 1
                path.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return "".join(path), len(rows)
