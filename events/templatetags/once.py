"""Parts of a page that are the same for everybody are rendered once per process.

A menu of links and translated words costs more than a query, on every page. What stands in {% once %} may
depend on its arguments and the language, and on nothing else: never on the reader.
"""

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.translation import get_language

register = template.Library()


class OnceNode(Node):
    """Keeps what it rendered per value of its arguments, which must be of a small fixed set, such as URL names."""

    def __init__(self, nodelist: NodeList, arguments: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.arguments = arguments
        self.kept: dict[tuple, str] = {}

    def render(self, context: Context) -> str:
        key = (get_language(), *[argument.resolve(context) for argument in self.arguments])
        if key not in self.kept:
            self.kept[key] = self.nodelist.render(context)
        return self.kept[key]


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """{% once argument ... %} what depends on nothing else {% endonce %}"""
    arguments = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist, arguments)
