"""What a page says, for tests that read pages."""

import html
import re


def words(response):
    """The text of a page without its markup, with one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())
