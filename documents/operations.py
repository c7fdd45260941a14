"""Adding and removing documents: a row and its file, which must not come apart."""

from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from documents import rules
from documents.contents import Content
from documents.models import OWNERS, Document, Owner
from documents.sweeping import delete_file
from events.topic_rights import standing_of
from members.models import Person
from noord.domain import DomainError


def add_document(
    *, owner: Owner, content: Content, title: str, kind: str, by: Person, is_public: bool = False
) -> Document:
    """Store the file and its row; the same file with the same title twice is one.

    The file is written first, so that no row ever points at nothing, and goes again when the row does not come: for
    that the transaction must be its own. Raises DomainError when rules.may_manage() refuses, or for a file that is
    there under another title.
    """
    rules.may_manage(standing_of(by), owner).require()
    document = Document(
        **{_field_of(owner): owner},
        title=title,
        kind=kind,
        is_public=is_public,
        content_type=content.content_type,
        size=content.size,
        sha256=content.sha256,
        original_name=content.original_name,
        by=by,
    )
    if present := _same(document):
        return present
    document.file.save(content.original_name, content.file, save=False)
    try:
        with transaction.atomic(durable=True):
            document.save()
    except BaseException as error:
        delete_file(document.file.name)
        if isinstance(error, IntegrityError) and (present := _same(document)):  # two presses at once
            return present
        raise
    return document


@transaction.atomic
def remove_document(*, document: Document, by: Person) -> None:
    """Remove the row, and after commit its file. Doing it twice changes nothing.

    Raises DomainError when rules.may_manage() refuses.
    """
    rules.may_manage(standing_of(by), document.owner).require()
    erase(document=document)


@transaction.atomic
def erase(*, document: Document) -> None:
    """Remove the row and after commit its file, for the administration: there the right was asked already."""
    stored = Document.objects.select_for_update().filter(pk=document.pk).first()
    if stored is None:
        return
    name = stored.file.name
    stored.delete()
    transaction.on_commit(partial(delete_file, name))


def _field_of(owner: Owner) -> str:
    return next(name for name in OWNERS if Document._meta.get_field(name).related_model is type(owner))


def _same(document: Document) -> Document | None:
    """Return the document with this file that its owner has already. Raises DomainError for another title or kind."""
    owner = _field_of(document.owner)
    present = Document.objects.filter(**{owner: document.owner}, sha256=document.sha256).first()
    if present and (present.title, present.kind) != (document.title, document.kind):
        raise DomainError(_("This file is here already, as “%(title)s”.") % {"title": present.title})
    return present
