import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from documents import limits, operations, owners, rules
from documents.forms import DocumentForm
from documents.models import Document, Owner
from documents.types import SHOWN
from events.topic_rights import standing_of
from noord.domain import DomainError

# Whatever is in the file, a browser that shows it runs nothing of it, fetches nothing for it, and keeps nothing of it.
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the file: to be shown in a sandbox when that is without risk, otherwise to be stored by the reader."""
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    try:
        file = found.file.open("rb")
    except FileNotFoundError:
        logger.exception("The file of document %s is not there", found.pk)
        return render(request, "documents/document_missing.html", {"document": found}, status=404)
    return FileResponse(
        file,
        as_attachment=found.content_type not in SHOWN,
        filename=found.original_name,
        content_type=found.content_type,
        headers=HARMLESS,
    )


@csrf_exempt  # _add() asks for the token; asking reads what was sent, and before that it must be limited
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a document to what the address names."""
    owner = owners.owner_to_manage(request.user, request.GET)
    if owner is None:
        raise Http404
    limit = limits.UploadLimit(request, limits.most_bytes())
    request.upload_handlers.insert(0, limit)
    return _add(request, owner, limit)


@csrf_protect
def _add(request: HttpRequest, owner: Owner, limit: limits.UploadLimit) -> HttpResponse:
    if request.method == "POST":
        form = DocumentForm(request.POST, request.FILES, owner=owner, limit=limit)
        if form.is_valid() and _store(request, owner, form):
            return redirect(owners.page_of(owner))
    else:
        form = DocumentForm(owner=owner, initial={"kind": Document.Kind.DOCUMENT})
    return render(request, "documents/document_form.html", {"form": form, **_place(owner)})


def _store(request: HttpRequest, owner: Owner, form: DocumentForm) -> bool:
    """Hand over to the verb; tell whether it went well, otherwise the form says what did not."""
    wanted = form.cleaned_data
    try:
        stored = operations.add_document(
            owner=wanted.get("session") or owner,
            content=wanted["file"],
            title=wanted["title"],
            kind=wanted["kind"],
            is_public=wanted.get("is_public", False),
            by=request.user,
        )
    except DomainError as error:
        form.add_error("file", str(error))
        return False
    messages.success(request, _("“%(title)s” is added.") % {"title": stored.title})
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then remove the document."""
    found = get_object_or_404(Document.objects.visible_to(request.user).with_owner(), pk=pk)
    owner = found.owner
    if not rules.may_manage(standing_of(request.user), owner):
        raise Http404
    if request.method == "POST":
        operations.remove_document(document=found, by=request.user)
        messages.success(request, _("“%(title)s” is removed.") % {"title": found.title})
        return redirect(owners.page_of(owner))
    return render(request, "documents/document_remove.html", {"document": found, **_place(owner)})


def _place(owner: Owner) -> dict:
    return {"owner": owner, "back": owners.page_of(owner)}
