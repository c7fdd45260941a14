"""Names on the tile map, with a place to break where one is longer than its square."""

from django import template

register = template.Library()

SOFT_HYPHEN = "\N{SOFT HYPHEN}"
# The long names of the North. Browsers know no Dutch hyphenation everywhere, and break other names anywhere.
LONG_NAMES = (
    "Acht-karspelen Coe-vorden Dantuma-diel Eems-delta Gro-ningen Heeren-veen Hooge-veen Leeu-warden Noorden-veld "
    "Oost-stelling-werf Opster-land Schiermon-nikoog Smallinger-land Stads-kanaal Ter-schelling Tytsjerk-steradiel "
    "Waad-hoeke Wester-kwartier Wester-veld West-stelling-werf Wester-wolde"
)
BREAKS = {name.replace("-", ""): name.replace("-", SOFT_HYPHEN) for name in LONG_NAMES.split()}


@register.filter
def on_tile(name: str) -> str:
    """Return the municipality's name without its kind, with soft hyphens."""
    name = name.removeprefix("gemeente ")
    return BREAKS.get(name, name)
