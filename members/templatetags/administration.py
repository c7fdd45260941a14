"""Who is shown the way to the administration."""

from django import template

from noord.administration import rights

register = template.Library()


@register.filter
def may_enter(person) -> bool:
    """Tell whether the administration has something for this person today; it looks up the person's rights."""
    return rights.may_enter(person)
