"""Who may enter the administration, and whose rights reach over the whole network."""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

_given = ModelBackend()


def may_enter(person) -> bool:
    """Tell whether the person has anything to do in the administration today: by hand, or by a dated role."""
    if not person.is_authenticated or not person.is_active:
        return False
    if person.is_superuser:
        return True
    rights = person.get_all_permissions()
    return bool(rights if person.is_staff else rights - _given.get_all_permissions(person))


def reaches_everything(person, permission: str) -> bool:
    """Tell whether the person has the right by hand (a group or a superuser), so over everything of its kind.

    A right that comes with a role of a sector reaches as far as that sector.
    """
    return person.is_superuser or (person.is_staff and _given.has_perm(person, permission))


def is_proven(request: HttpRequest) -> bool:
    """Tell whether who is logged in has shown a second factor in this session, where that is asked."""
    if not settings.STAFF_MFA_REQUIRED:
        return True
    if not is_mfa_enabled(request.user):
        return False
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
