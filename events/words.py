from django.utils.translation import gettext as _


def sentence(names: list[str]) -> str:
    """Return "A", "A en B", or "A, B en C"; of no names, nothing."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
