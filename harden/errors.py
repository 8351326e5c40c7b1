"""Errors that are expected: each says what happened, where, and what to do."""

from __future__ import annotations


class HardenError(Exception):
    """Base of every error that reaches a user as one clear line."""


class UsageError(HardenError):
    """The command was called with something that does not exist or is not allowed."""


class WrongOption(UsageError):
    """An option of a fix was asked to be what it may not; `problem` tells why, without naming the others."""

    def __init__(self, text: str, problem: str = "") -> None:
        super().__init__(text)
        self.problem = problem


class SettingsError(HardenError):
    """A settings or decisions file holds an unknown key or a wrong value."""


class UnreadableSource(HardenError):
    """A file cannot be read, decoded or parsed; `line` is 1-based, 0 when unknown."""

    def __init__(self, path: str, reason: str, line: int = 0) -> None:
        place = f"{path}:{line}" if line else path
        super().__init__(f"{place}: {reason}")
        self.path = path
        self.reason = reason
        self.line = line

    def __reduce__(self) -> tuple[type[UnreadableSource], tuple[str, str, int]]:
        """Cross to another process whole: the arguments are not the message."""
        return type(self), (self.path, self.reason, self.line)


class Refusal(HardenError):
    """A codemod or an edit declines to act; the text is the reason shown to the user.

    Where it failed instead, `details` tell where.
    """

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


class ApplyError(HardenError):
    """A patch cannot be written or taken back; nothing was changed."""


class Stale(ApplyError):
    """A file has changed, or is gone, since the preview that was to be written."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path} {what}; look at the fix again.")
        self.path = path
        self.what = what


class Overtaken(ApplyError):
    """What a person decided was decided otherwise since, by hand or by somebody else; that stays."""


class RepositoryError(HardenError):
    """Git refuses what was asked, or the repository is in a state that forbids it.

    `output` is what git and the hooks that it ran have printed, line by line.
    """

    def __init__(self, text: str, output: str = "") -> None:
        super().__init__(text)
        self.output = output


class Crashed(HardenError):
    """A call failed inside harden; `details` hold the traceback of the process."""

    def __init__(self, message: str, details: str) -> None:
        super().__init__(message, details)
        self.details = details

    def __str__(self) -> str:
        return str(self.args[0])
