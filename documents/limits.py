"""How much may be sent. What is too large is not kept, and what is far too large is not even read to its end."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

OVERHEAD = 256 * 1024  # what the other fields and the form itself may add
# A browser that may not send to the end shows a broken connection, and not our sentence: only for what is absurd.
ABSURD = 4


def most_bytes() -> int:
    return settings.DOCUMENT_MAX_MB * 1024**2


class UploadLimit(FileUploadHandler):
    """Stands before Django's own handlers; `is_exceeded` tells afterwards that a file was left out for its size."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.most = most
        self.is_exceeded = False
        self.is_absurd = False

    def handle_raw_input(self, input_data, META: dict, content_length: int, boundary, encoding=None) -> None:
        """Look at what the browser says it will send, before any of it is read."""
        self.is_exceeded = content_length > self.most + OVERHEAD
        self.is_absurd = content_length > ABSURD * self.most

    def new_file(self, *args, **kwargs) -> None:
        super().new_file(*args, **kwargs)
        if self.is_absurd:
            raise StopUpload(connection_reset=True)
        if self.is_exceeded:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > self.most:
            self.is_exceeded = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave it to the handlers behind this one."""
