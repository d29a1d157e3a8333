"""What can go wrong: one class for each kind, all of them `Error`."""

from __future__ import annotations

import builtins


class Error(Exception):
    """Something failed. Its classes tell what to do about it; `code` is the same in every language's package."""

    code: str
    """For programs, such as `PGS_BUSY`."""
    message: str
    """For people: what went wrong and why."""
    remedy: str | None
    """The one thing to try next, where there is one."""
    retryable: bool
    """Whether the same call may succeed later without anybody changing anything."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "PGS_INTERNAL",
        remedy: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.retryable = retryable

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  try: {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return Error.of, (self.code, self.message, self.remedy, self.retryable)

    @staticmethod
    def of(code: str, message: str, remedy: str | None, retryable: bool) -> Error:
        """The error of the class that a code stands for."""
        kind = CLASSES.get(code, Error)
        return kind(message, code=code, remedy=remedy, retryable=retryable)


class InvalidInputError(Error, ValueError):
    """A value does not follow its grammar: correct it and call again."""


class AlreadyExistsError(Error):
    """The name is taken: choose another, or remove its holder first."""


class NotFoundError(Error, LookupError):
    """There is no such tenant: list what there is."""


class ConflictError(Error):
    """Somebody else changed the tenant meanwhile: read it again and repeat."""


class BusyError(Error):
    """Another process is working on this tenant: wait and repeat."""


class ProtectedError(Error):
    """The tenant is protected against removal: lift the protection first."""


class WrongStateError(Error):
    """The tenant is in a state that does not allow this: bring it to another state first."""


class UnsupportedError(Error):
    """This provisioner, platform or version cannot do it: choose another way."""


class MissingDependencyError(Error):
    """Something that must be installed is not there: the remedy names the command."""


class PermissionDeniedError(Error, builtins.PermissionError):
    """The operating system refuses: run with more rights, or elsewhere."""


class ResourceExhaustedError(Error):
    """Disk, memory, descriptors or processes are used up: free some."""


class InitScriptError(Error):
    """An init script failed: the message has its file, its line and the server's words."""


class InstanceFailedError(Error):
    """The server did not get ready, or stopped unasked: the message has the end of its log."""


class TimeoutError(Error, builtins.TimeoutError):
    """It did not finish in time and goes on: look again later."""


class CorruptError(Error):
    """What is stored contradicts itself: nothing was changed, a person must look."""


class InternalError(Error):
    """Anything else the operating system or a library reports."""


class ClosedError(Error):
    """The manager or the proxy is closed: make every call before that."""


class ForkedError(Error):
    """The process was forked from the one that this belongs to: open a manager after forking."""


CLASSES: dict[str, type[Error]] = {
    "PGS_INVALID_INPUT": InvalidInputError,
    "PGS_ALREADY_EXISTS": AlreadyExistsError,
    "PGS_NOT_FOUND": NotFoundError,
    "PGS_CONFLICT": ConflictError,
    "PGS_BUSY": BusyError,
    "PGS_PROTECTED": ProtectedError,
    "PGS_WRONG_STATE": WrongStateError,
    "PGS_UNSUPPORTED": UnsupportedError,
    "PGS_MISSING_DEPENDENCY": MissingDependencyError,
    "PGS_PERMISSION_DENIED": PermissionDeniedError,
    "PGS_RESOURCE_EXHAUSTED": ResourceExhaustedError,
    "PGS_INIT_SCRIPT": InitScriptError,
    "PGS_INSTANCE_FAILED": InstanceFailedError,
    "PGS_TIMEOUT": TimeoutError,
    "PGS_CORRUPT": CorruptError,
    "PGS_INTERNAL": InternalError,
    "PGS_CLOSED": ClosedError,
    "PGS_FORKED": ForkedError,
}
"""The class of each code."""
