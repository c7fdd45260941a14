from django.utils.translation import gettext as _

from consultations.models import Consultation
from members.models import Person
from noord.domain import DomainError


def lock(pk: int) -> Consultation:
    """Lock the set of questions until the transaction ends and return it fresh.

    Answers come in one at a time: so none slips in after the moment of closing, and two of one organisation are one.
    Raises Consultation.DoesNotExist.
    """
    return Consultation.objects.select_for_update(of=("self",)).with_home().get(pk=pk)


def lock_managed(consultation: Consultation, by: Person) -> Consultation:
    """Lock what this person manages. Raises DomainError for somebody else."""
    found = lock(consultation.pk)
    if not Consultation.objects.managed_by(by).filter(pk=found.pk).exists():
        raise DomainError(_("Only who chairs, manages or leads here does this."))
    return found
