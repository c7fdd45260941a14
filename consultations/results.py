"""What was answered, added up by the database. Every page and file that shows it begins with results_of()."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from consultations import rules
from consultations.models import Answer, Consultation, MemberQuestion
from consultations.models.questions import HIGHEST, LOWEST
from noord.domain import YES, Decision

SHOWN_TEXTS = 20  # of each question on the first page


@dataclass(slots=True)
class Line:
    """One option or number, and how often it was chosen."""

    label: str
    count: int


@dataclass(slots=True)
class Text:
    """What somebody wrote; by whom, when it is not anonymous."""

    text: str
    by: str = ""


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
    """Return what was answered to each question, with the first so many texts (6 queries, however many answers)."""
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
    for answer in _first_texts([row.question for row in results.values() if row.decision], texts):
        results[answer.question_id].texts.append(_text(answer))
    return Results(decision, answers, list(results.values()))


def texts_of(question: MemberQuestion):
    """Return the texts to one question, in an order that has nothing to do with who answered when.

    The keys are random, and each answer has its own: so nobody sees which texts to two questions are of one person.
    """
    return _with_authors(Answer.objects.filter(question=question).exclude(text="").order_by("pk"))


def shown(answers) -> list[Text]:
    return [_text(answer) for answer in answers]


def _with_authors(answers):
    people = (
        "sheet__participation__person",
        "sheet__participation__organisation",
        "sheet__participation__answered_by",
    )
    return answers.select_related(*people)


def _text(answer: Answer) -> Text:
    participation = answer.sheet.participation
    if participation is None:
        return Text(answer.text)
    if participation.person:
        return Text(answer.text, by=participation.person.name)
    names = [participation.organisation.name, *([participation.answered_by.name] if participation.answered_by else [])]
    return Text(answer.text, by=", ".join(names))


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


def _first_texts(questions: list[MemberQuestion], number: int):
    written = [question.pk for question in questions if question.kind == MemberQuestion.Kind.OPEN]
    if not written or not number:
        return []
    place = Window(RowNumber(), partition_by="question", order_by="pk")
    first = Answer.objects.filter(question__in=written).annotate(place=place).filter(place__lte=number).values("pk")
    return _with_authors(Answer.objects.filter(pk__in=first)).order_by("question__position", F("pk"))
