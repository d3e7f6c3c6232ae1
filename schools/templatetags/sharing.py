"""What is asked of a school, in words."""

from django import template

from schools.sharing import asked

register = template.Library()
register.filter(asked.in_words)
