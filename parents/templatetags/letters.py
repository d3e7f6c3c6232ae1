"""The parts of a letter's templates that are the same for every family: rendered once, then used again."""

from functools import lru_cache

from django.template import Context, Library, Node

register = Library()


class _FrameNode(Node):
    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        return _rendered(self, context["letter"].frame, context.autoescape)


@lru_cache(maxsize=256)
def _rendered(node, frame, autoescape):
    return node.nodelist.render(Context({"frame": frame}, autoescape=autoescape))


@register.tag
def frame(parser, token):
    """{% frame %} … {% endframe %}: sees `frame` (`parents.mail.letter.Frame`) and nothing of the family."""
    nodelist = parser.parse(("endframe",))
    parser.delete_first_token()
    return _FrameNode(nodelist)
