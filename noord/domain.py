"""The two words that every app shares: a refusal that explains itself, and a decision that carries its reason."""

from dataclasses import dataclass

from django.utils.functional import Promise


class DomainError(Exception):
    """A rule of the domain refuses. The text is a sentence for the user, already translatable."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.reason)


@dataclass(frozen=True, slots=True)
class Decision:
    """Truthy, or falsy with a sentence for the user."""

    allowed: bool
    reason: str | Promise = ""

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise DomainError with the reason when the answer is no."""
        if not self.allowed:
            raise DomainError(self.reason)


YES = Decision(allowed=True)


def no(reason: str | Promise) -> Decision:
    """Refuse with this sentence."""
    return Decision(allowed=False, reason=reason)
