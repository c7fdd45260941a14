"""Why a file is not taken."""

from django.utils.translation import gettext_lazy as _

from noord.domain import DomainError

DAMAGED = _("This file is damaged. Open it on your own computer, save it once more and add that one.")


class Refused(DomainError):
    """The file cannot be stored; the text says what is possible."""
