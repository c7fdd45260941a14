import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control

logger = logging.getLogger(__name__)


def keep_private(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let no browser or proxy store a page of somebody who is logged in, unless the view says how (ASVS 14.3.2)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # Only who was asked for: a feed knows nobody, and must not cost a look at the session.
        person = getattr(request, "_cached_user", None)
        if person is not None and person.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


class RefuseOddInput:
    """Answer 400 when a page fails on what stands in the address, where no page of ours would have put it.

    It must stand below what dresses an answer: the safety headers, the session and the messages. What it
    refuses is logged whole, so that an error of ours does not hide here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Raise BadRequest instead of the exception when the visitor is to blame."""
        if has_nul(request):
            refused = DataError | ValueError
        elif not request.path_info.startswith(reverse("admin:index")):
            return
        elif request.method in ("GET", "HEAD") or "_selected_action" in request.POST:
            # Django's administration looks up what stands in the address without a form in between: ?id__in=abc
            refused = DataError | OverflowError | ValueError
        else:
            refused = DataError | OverflowError  # a ValueError while something is saved is an error of ours
        if isinstance(exception, refused):
            logger.warning("What is asked of %s cannot exist", request.path, exc_info=exception)
            raise BadRequest("A value in the request cannot exist") from exception


def has_nul(request: HttpRequest) -> bool:
    """Tell whether there is a NUL in the address; PostgreSQL has no place for one."""
    return "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
