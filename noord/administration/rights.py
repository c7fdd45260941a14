"""Who may enter the administration, and whose rights reach over the whole network."""

from collections.abc import Callable
from datetime import datetime

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

_given = ModelBackend()
_role_questions: list[Callable[..., bool]] = []


def may_enter(person) -> bool:
    """Tell whether the person has anything to do in the administration today: by hand, or by a dated role."""
    if not person.is_authenticated or not person.is_active:
        return False
    if person.is_superuser:
        return True
    if person.is_staff and _given.get_all_permissions(person):
        return True
    return any(
        backend.get_all_permissions(person) for backend in get_backends() if not isinstance(backend, ModelBackend)
    )


def holds_role(question: Callable[..., bool]) -> Callable[..., bool]:
    """Register a question of an app: has this person a role there, today or later?"""
    _role_questions.append(question)
    return question


def is_out_of_reach(person) -> bool:
    """Tell whether only a superuser may change how this person logs in, merge the account or delete it.

    Whoever can do that can become this person: so it holds for everybody with a right or a role, also one that does
    not give a way into the administration (a chair) and one that begins later.
    """
    return bool(
        person.is_staff
        or person.is_superuser
        or may_enter(person)
        or any(question(person) for question in _role_questions)
    )


def reaches_everything(person, permission: str) -> bool:
    """Tell whether the person has the right by hand (a group or a superuser), so over everything of its kind.

    A right that comes with a role of a sector reaches as far as that sector. Whoever has some rights over a model by
    hand and others by a role is kept to the sector with all of them: a right to look at everything must not carry a
    right to change that ends at the sector.
    """
    return person.is_superuser or permission in rights_over_all(person)


def rights_over_all(person) -> frozenset[str]:
    """Return the rights by hand that reach over everything; a superuser needs none. See reaches_everything().

    Found once for a person, who is loaded anew for each request. It costs nothing for who is not of the office, and
    for who is as much as any right.
    """
    today = timezone.localdate()
    known = getattr(person, "_rights_over_all", None)
    if known is None or known[0] != today:
        known = person._rights_over_all = today, _find_rights_over_all(person)
    return known[1]


def lend_rights_over_all(stand_in, person) -> None:
    """Let something that stands in for the person, with a key of its own, reach as far today."""
    stand_in._rights_over_all = timezone.localdate(), rights_over_all(person)


def _find_rights_over_all(person) -> frozenset[str]:
    if person.is_superuser or not person.is_staff:
        return frozenset()
    given = _given.get_all_permissions(person)
    by_role = {_model_of(right) for right in person.get_all_permissions() - given}
    return frozenset(right for right in given if _model_of(right) not in by_role)


def _model_of(right: str) -> tuple[str, str]:
    return right.partition(".")[0], right.rpartition("_")[2]


def second_factor_since(person) -> datetime | None:
    """Return since when the person has an app that gives codes; None without one. Asked once per request."""
    if not hasattr(person, "_second_factor_since"):
        apps = Authenticator.objects.filter(user=person.pk, type=Authenticator.Type.TOTP)
        person._second_factor_since = apps.values_list("created_at", flat=True).first()
    return person._second_factor_since


def is_proven(request: HttpRequest) -> bool:
    """Tell whether who is logged in has shown a second factor in this session, where that is asked.

    What was shown before the app that counts today was set up (another phone, taken away since) proves nothing.
    """
    if not settings.STAFF_MFA_REQUIRED:
        return True
    since = second_factor_since(request.user)
    return since is not None and any(
        record.get("method") == "mfa" and record["at"] >= since.timestamp()
        for record in get_authentication_records(request, request.user)
    )


def ask_for_proof(request: HttpRequest, *, back: str) -> HttpResponse | None:
    """Return the way to the second factor for who works in the administration and has not shown it; else None.

    For pages of the site that show of people what the administration shows. After a button the way leads `back`.
    """
    if is_proven(request) or not may_enter(request.user):
        return None
    here = request.get_full_path() if request.method in ("GET", "HEAD") else back
    return redirect(f"{reverse('admin:login')}?{urlencode({'next': here})}")
