from consultations.models.answers import Answer, AnswerSheet, Participation, Substitute
from consultations.models.consultation import Consultation, OutcomeAction
from consultations.models.questions import MemberQuestion, Option

__all__ = [
    "Answer",
    "AnswerSheet",
    "Consultation",
    "MemberQuestion",
    "Option",
    "OutcomeAction",
    "Participation",
    "Substitute",
]
