"""Refusals that only HTTP knows: a request that cannot be read, negotiated or authenticated."""

from broker.core.errors import Forbidden, Refusal


class Unreadable(Refusal):
    """The request is not one that could be understood."""

    code = "unreadable"


class NotUtf8(Unreadable):
    """A parameter is not valid UTF-8."""

    code = "not_utf8"

    def __init__(self) -> None:
        super().__init__("Only valid UTF-8 encoded inputs are accepted")


class TooLarge(Refusal):
    """The body is longer than the operator allows."""

    code = "too_large"

    def __init__(self, maximum: int) -> None:
        super().__init__(f"The body of the request is larger than {maximum} bytes.")


class UnsupportedBody(Refusal):
    """The body is in a format that is not read."""

    code = "unsupported_body"

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"The body must be application/json or application/x-www-form-urlencoded, not '{content_type[:100]}'."
        )


class PackedBody(Refusal):
    """The body is compressed; nothing is unpacked that could be a thousand times as large."""

    code = "packed_body"

    def __init__(self, encoding: str) -> None:
        super().__init__(f"The body must be sent as it is, without Content-Encoding, and not as '{encoding[:100]}'.")


class NotAcceptable(Refusal):
    """The client asks for a version or a format that is not offered."""

    code = "not_acceptable"


class UnderMaintenance(Refusal):
    """The operator has closed the broker for a while; the text is theirs."""

    code = "under_maintenance"


class NothingHere(Refusal):
    """No resource has this path."""

    code = "nothing_here"
    exit_code = 1


class MethodNotAllowed(Refusal):
    """The resource does not have this method; `allowed` are those it has."""

    code = "method_not_allowed"
    exit_code = 1

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method[:20]} is not possible here. Possible: {', '.join(allowed)}.")
        self.allowed = allowed


class Moved(Refusal):
    """The resource has another URL."""

    code = "moved"
    exit_code = 112

    def __init__(self, location: str) -> None:
        super().__init__(f"Please use this URL instead {location}")
        self.location = location


class TooManyStreams(Refusal):
    """As many streams are open as the operator allows, at all or for `login`."""

    code = "too_many_streams"
    exit_code = 1

    def __init__(self, maximum: int, login: str | None = None) -> None:
        whose = "" if login is None else f" that {login} may have open"
        super().__init__(
            f"All {maximum} streams of routing events{whose} are in use. Try again, or read without follow."
        )


class Challenged(Refusal):
    """The caller has not shown who they are; `challenge` says how that is done."""

    code = "challenged"

    def __init__(self, text: str, challenge: str) -> None:
        super().__init__(text)
        self.challenge = challenge


class Unauthorized(Challenged):
    """The caller is not known; answered with plain text, never with the envelope."""

    code = "unauthorized"


class ImpersonationRefused(Challenged):
    """The caller may not act as this account, or there is none that they could make."""

    code = "impersonation_refused"
    exit_code = 1

    def __init__(self, login: str, challenge: str) -> None:
        super().__init__(f"Insufficient privileges to access user {login}", challenge)


class FromAnotherSite(Forbidden):
    """A page of another site has a browser change something, with the password or the session that it remembers."""

    code = "from_another_site"
    exit_code = 1

    def __init__(self) -> None:
        super().__init__(
            "This would change something, and a page of another site has your browser send it."
            " Send it from the broker's own address, or with a token."
        )


class TooManyLogins(Refusal):
    """The login, or the address, was wrong so often that its next try has to wait for so many seconds."""

    code = "too_many_logins"
    exit_code = 1

    def __init__(self, seconds: int) -> None:
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(f"There were too many wrong logins. Try again in {seconds} {unit}.")
        self.seconds = seconds
