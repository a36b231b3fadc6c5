"""What must never be shown, taken out of a text: passwords, authorization headers, private keys."""

import re

HIDDEN = "***"

# Each pattern keeps its first group and hides the rest of what it finds; a quoted value ends with its quote.
_PATTERNS = (
    re.compile(r"(-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----).*?(?:-----END (?P=kind)-----|\Z)", flags=re.DOTALL),
    re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)\S*(?=@)"),
    re.compile(r"""(?i)(\bauthorization['"]?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\r\n'"][^\r\n]*)"""),
    # A token, wherever it is: nothing else that is told has so many digits.
    re.compile(r"()[0-9a-f]{64,}"),
    re.compile(r"(\b(?:Basic|Bearer)\s+)[A-Za-z0-9._~+/-]{8,}=*"),
    re.compile(r"""(?i)(\b(?:\w*password|passwd|\w*secret|\w*token)['"]?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s&'",]+)"""),
)


def redacted(text: str) -> str:
    """The text with every secret it holds shown as `***`; whatever else it says stays.

    Known are `Authorization` headers and their `Basic` and `Bearer` values, tokens as the broker makes them,
    the password of a URL, what is assigned to a password, secret or token, and PEM private keys, even one that is cut
    short.
    """
    for pattern in _PATTERNS:
        text = pattern.sub(lambda found: f"{found[1]}{HIDDEN}", text)
    return text
