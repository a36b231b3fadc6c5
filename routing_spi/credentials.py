"""What a listener shows the broker: login and password, or a token; never on a command line or in a log."""

import base64
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_NAMES: Final = ("login", "password", "token")


class CredentialsRefused(ValueError):
    """Credentials that are missing, incomplete or not kept safely; the text says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """The value of the Authorization header, hidden in every representation; None asks without."""

    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def basic(cls, login: str, password: str) -> "Credentials":
        """HTTP Basic."""
        token = base64.b64encode(f"{login}:{password}".encode()).decode("ascii")
        return cls(authorization=f"Basic {token}")

    @classmethod
    def bearer(cls, token: str) -> "Credentials":
        """HTTP Bearer."""
        return cls(authorization=f"Bearer {token}")

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Credentials":
        """From GEARBROKER_TOKEN, or GEARBROKER_LOGIN and GEARBROKER_PASSWORD; else no credentials."""
        values = {name: environment.get(f"GEARBROKER_{name.upper()}", "") for name in _NAMES}
        return cls._of(values, "the environment (GEARBROKER_LOGIN, GEARBROKER_PASSWORD, GEARBROKER_TOKEN)")

    @classmethod
    def of_file(cls, path: Path) -> "Credentials":
        """From lines `token = …`, or `login = …` and `password = …`.

        Raises `CredentialsRefused` for a file that others may read, or that says something else.
        """
        try:
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CredentialsRefused(f"{path} can be read by others: run chmod 600 {path}")
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialsRefused(f"credentials file {path} cannot be read: {error}") from error
        values = dict.fromkeys(_NAMES, "")
        for number, line in enumerate(lines, start=1):
            name, equals, value = line.partition("=")
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if not equals or name.strip() not in values:
                raise CredentialsRefused(f"{path}, line {number}: write login = …, password = … or token = …")
            values[name.strip()] = value.strip()
        if not any(values.values()):
            raise CredentialsRefused(f"{path} holds no credentials: write login = … and password = …, or token = …")
        return cls._of(values, str(path))

    @classmethod
    def _of(cls, values: Mapping[str, str], where: str) -> "Credentials":
        if any("\n" in value or "\r" in value for value in values.values()):
            raise CredentialsRefused(f"credentials in {where} must not contain line breaks")
        if values["token"]:
            return cls.bearer(values["token"])
        if values["login"] and values["password"]:
            return cls.basic(values["login"], values["password"])
        if values["login"] or values["password"]:
            raise CredentialsRefused(f"{where} gives a login without a password, or the reverse: give both, or a token")
        return cls()
