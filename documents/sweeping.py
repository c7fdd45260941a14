"""Files without a document: of a meeting that was deleted whole, or of an upload that a machine did not survive."""

import logging
import re
from datetime import datetime, timedelta

from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from documents.models import Document
from documents.types import SUFFIXES

FOLDER = re.compile(r"[0-9a-f]{2}")
NAME = re.compile(rf"[0-9a-f]{{32}}\.(?:{'|'.join(SUFFIXES)})")
# A file is written just before its row; nothing that is being uploaded now is this old.
KEPT = timedelta(days=1)

logger = logging.getLogger(__name__)


def sweep(now: datetime | None = None) -> int:
    """Delete each file of ours that is older than a day and belongs to no document; return how many.

    Only names that new_name() gives are looked at, so that nothing else goes when the folder is a wrong one.
    """
    before = (now or timezone.now()) - KEPT
    try:
        folders, _files = default_storage.listdir("")
    except FileNotFoundError:  # nothing was ever uploaded
        return 0
    return sum(_sweep(default_storage, folder, before) for folder in folders if FOLDER.fullmatch(folder))


def _sweep(storage: Storage, folder: str, before: datetime) -> int:
    _folders, files = storage.listdir(folder)
    found = {f"{folder}/{name}" for name in files if NAME.fullmatch(name) and name.startswith(folder)}
    known = set(Document.objects.filter(file__startswith=f"{folder}/").order_by().values_list("file", flat=True))
    return sum(_is_old(storage, name, before) and delete_file(name) for name in sorted(found - known))


def _is_old(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:  # another sweep was first
        return False


def delete_file(name: str) -> bool:
    """Delete the file; tell whether that went well. What stays behind is for the sweep of another day."""
    try:
        default_storage.delete(name)
    except OSError:
        logger.exception("The file %s cannot be deleted", name)
        return False
    return True
