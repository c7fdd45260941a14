"""What was answered as a file: a line for each choice with its number, for each who made it, and for each text."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from consultations.models import Consultation
from consultations.results import Results
from events.exports import CSV, TYPES, as_csv

MOST_TEXTS = 10_000  # of each question, and names of each option


def rows(results: Results) -> Iterator[list]:
    """Yield the head and the lines. No line is of one person's whole answer: also when it is not anonymous."""
    yield [_("Question"), _("Answer"), _("How many"), _("By")]
    for result in results.rows:
        if not result.decision:
            yield [result.question.text, str(result.decision.reason), "", ""]
        for line in result.lines:
            yield [result.question.text, line.label, line.count, ""]
            for name in line.names:
                yield [result.question.text, line.label, "", name]
        for text in result.texts:
            yield [result.question.text, text.text, "", text.by]


def as_file(consultation: Consultation, results: Results) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(as_csv(rows(results)), content_type=TYPES[CSV])
    answer["Content-Disposition"] = f'attachment; filename="antwoorden-{consultation.pk}.{CSV}"'
    return answer
