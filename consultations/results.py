"""What was answered, added up by the database. Every page and file that shows it begins with results_of()."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import override

from consultations import rules
from consultations.models import Answer, Consultation, MemberQuestion
from consultations.models.questions import HIGHEST, LOWEST
from noord.domain import YES, Decision

SHOWN_TEXTS = 20  # of each question on the first page, and names of each option


@dataclass(slots=True)
class Line:
    """One option or number, and how often it was chosen; by whom, when it is not anonymous."""

    label: str
    count: int
    names: list[str] = field(default_factory=list)

    @property
    def has_more_names(self) -> bool:
        return self.count > len(self.names) > 0


@dataclass(slots=True)
class Text:
    """What somebody wrote; by whom, when it is not anonymous. `pk` is of the answer, unless it was taken away."""

    text: str
    by: str = ""
    pk: UUID | None = None


@dataclass(slots=True)
class Result:
    """`decision` says whether the reader may see what was answered to it; without, there is nothing in it."""

    question: MemberQuestion
    decision: Decision = YES
    answered: int = 0  # how many people or organisations answered this question
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    mean: float | None = None

    @property
    def has_more_texts(self) -> bool:
        return self.answered > len(self.texts) and not self.lines


@dataclass(slots=True)
class Results:
    """`decision` says whether the reader may see them; without, there is nothing in it but that."""

    decision: Decision
    answers: int = 0
    rows: list[Result] = field(default_factory=list)


def results_of(consultation: Consultation, *, as_manager: bool, now: datetime, texts: int = SHOWN_TEXTS) -> Results:
    """Return what was answered to each question, with the first so many texts, and names of each option.

    That is 6 queries, however many answers.
    """
    answers = consultation.sheets.count()
    decision = rules.may_see_results(consultation, as_manager=as_manager, answers=answers, now=now)
    if not decision:
        return Results(decision)
    questions = list(consultation.questions.prefetch_related("options"))
    results = {question.pk: Result(question) for question in questions}
    chosen: dict[tuple[int, int | None, int | None], int] = {}
    # By hand over the questions' keys: the index begins with the question.
    counted = Answer.objects.filter(question__in=list(results)).order_by().values("question", "option", "number")
    for row in counted.annotate(n=Count("pk")):
        chosen[row["question"], row["option"], row["number"]] = row["n"]
    several = [question.pk for question in questions if question.kind == MemberQuestion.Kind.SEVERAL]
    voices = Answer.objects.filter(question__in=several).order_by().values("question")
    people = {row["question"]: row["n"] for row in voices.annotate(n=Count("sheet", distinct=True))} if several else {}
    for question in questions:
        result = results[question.pk]
        _add_up(result, chosen, people)
        shows = rules.may_see_question(consultation, answers=result.answered)
        if not shows:
            results[question.pk] = Result(question, shows)
    # Of an anonymous choice there is nothing more to tell than how many chose it.
    telling = [
        row.question
        for row in results.values()
        if row.decision and (row.question.kind == MemberQuestion.Kind.OPEN or not consultation.is_anonymous)
    ]
    for answer in _first(telling, texts):
        _tell(results[answer.question_id], answer)
    return Results(decision, answers, list(results.values()))


def texts_of(question: MemberQuestion):
    """Return the texts to one question, in an order that has nothing to do with who answered when.

    The keys are random, and each answer has its own: so nobody sees which texts to two questions are of one person.
    """
    return _with_authors(Answer.objects.filter(question=question).exclude(text="").order_by("pk"))


def choices_of(question: MemberQuestion):
    """Return what each person or organisation chose, option by option. Not for anonymous questions."""
    chosen = Answer.objects.filter(question=question, text="", sheet__is_anonymous=False)
    return _with_authors(chosen.select_related("option").order_by("option__position", "option", "number", "pk"))


def shown(answers) -> list[Text]:
    return [_text(answer) for answer in answers]


def taken_away() -> str:
    """Return what stands in the place of a text that a manager took away; in the first language, for it is kept."""
    with override(settings.LANGUAGE_CODE):
        return _("This text is taken away by who manages these questions.")


def _with_authors(answers):
    people = (
        "sheet__participation__person",
        "sheet__participation__organisation",
        "sheet__participation__answered_by",
    )
    return answers.select_related(*people)


def _text(answer: Answer) -> Text:
    return Text(str(answer), by=_author(answer), pk=None if answer.text == taken_away() else answer.pk)


def _author(answer: Answer) -> str:
    participation = answer.sheet.participation
    if participation is None:
        return ""
    if participation.person:
        return participation.person.name
    names = [participation.organisation.name, *([participation.answered_by.name] if participation.answered_by else [])]
    return ", ".join(names)


def _tell(result: Result, answer: Answer) -> None:
    """Add a text, or the name of who chose an option or a number."""
    match result.question.kind:
        case MemberQuestion.Kind.OPEN:
            result.texts.append(_text(answer))
        case MemberQuestion.Kind.SCALE:
            result.lines[answer.number - LOWEST].names.append(_author(answer))
        case _choice:
            places = [option.pk for option in result.question.options.all()]
            result.lines[places.index(answer.option_id)].names.append(_author(answer))


def _add_up(result: Result, chosen: dict, people: dict[int, int]) -> None:
    question, options = result.question, list(result.question.options.all())
    match question.kind:
        case MemberQuestion.Kind.OPEN:
            result.answered = chosen.get((question.pk, None, None), 0)
        case MemberQuestion.Kind.SCALE:
            ends = dict(zip((LOWEST, HIGHEST), (option.text for option in options), strict=False))
            counts = {n: chosen.get((question.pk, None, n), 0) for n in range(LOWEST, HIGHEST + 1)}
            result.lines = [Line(f"{n}: {ends[n]}" if n in ends else str(n), count) for n, count in counts.items()]
            result.answered = sum(counts.values())
            if result.answered:
                result.mean = sum(n * count for n, count in counts.items()) / result.answered
        case _choice:
            result.lines = [Line(option.text, chosen.get((question.pk, option.pk, None), 0)) for option in options]
            result.answered = people.get(question.pk, sum(line.count for line in result.lines))


def _first(questions: list[MemberQuestion], number: int):
    """Return the first so many texts to each question, and of each of its options or numbers the first so many."""
    if not questions or not number:
        return []
    keys = [question.pk for question in questions]
    place = Window(RowNumber(), partition_by=["question", "option", "number"], order_by="pk")
    first = Answer.objects.filter(question__in=keys).annotate(place=place).filter(place__lte=number).values("pk")
    return _with_authors(Answer.objects.filter(pk__in=first)).order_by("question__position", F("pk"))
