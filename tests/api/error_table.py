"""The first half of the table of errors: requests for each exit code, and the whole of what they are answered."""

from dataclasses import dataclass, field
from typing import Any

WEB, PLAIN = "/domain/test/application/web", "/domain/test/application/plain"
KEYS, MEMBERS = "/user/keys", "/domain/test/members"
KEY_TYPES = (
    "ssh-rsa, ssh-dss, ssh-rsa-cert-v01@openssh.com, ssh-dss-cert-v01@openssh.com, ssh-rsa-cert-v00@openssh.com,"
    " ssh-dss-cert-v00@openssh.com, krb5-principal"
)
GOOD_KEY = {"name": "laptop", "type": "ssh-rsa", "content": "AAAAB3"}
BAD_KEY_NAME = (
    "Invalid key name. Name can only contain alphanumeric characters, underscores, dashes, dots,"
    " as well as @ and + symbols."
)
KEY_LENGTH = "Must be a minimum of 1 and maximum of 256 characters."
BAD_APP = "Application name must contain only alphanumeric characters (a-z, A-Z, or 0-9)."
LONG_APP = "Application name must be a minimum of 1 and maximum of 32 characters."
BAD_NAMESPACE = "Invalid namespace. Namespace must only contain alphanumeric characters."
LONG_NAMESPACE = "Must be a minimum of 1 and maximum of 16 characters."
WANTS_ROLE = (
    "You must provide a role for each member - you can add or update (with 'view', 'edit', 'admin')"
    " or remove (with 'none')."
)


@dataclass(frozen=True)
class Row:
    """A request as `METHOD /path`, and the answer: `said` has text and field of each message, all with that code."""

    code: int | None
    request: str
    body: Any
    status: int
    said: tuple[tuple[str, str | None], ...]
    who: str = "demo"
    headers: dict[str, str] = field(default_factory=dict)


def row(
    code: int | None, request: str, body: Any, status: int, text: str, about: str | None = None, **more: Any
) -> Row:
    """One with one message."""
    return Row(code, request, body, status, ((text, about),), **more)


APPLICATIONS = "POST /domain/test/applications"
CREATE = {"name": "new", "cartridges": ["php-5.4"]}

FIRST_ROWS = (
    # Nothing more is said than the text.
    row(None, f"POST {PLAIN}/events", {"event": "make-ha"}, 422, "Only scalable applications can be made 'HA'"),
    row(None, f"POST {WEB}/events", {"event": "disable-ha"}, 422, "HA is not active for this application."),
    row(None, f"POST {PLAIN}/events", {"event": "scale-up"}, 422, "Application plain is not scalable"),
    row(None, APPLICATIONS, {**CREATE, "region": "x"}, 422, "Could not find region 'x'. Available regions are: r1."),
    row(
        None,
        APPLICATIONS,
        {**CREATE, "initial_git_branch": "x"},
        422,
        "Initial git branch cannot be specified without specifying initial git URL",
        "initial_git_branch",
    ),
    row(None, "GET /domains?owner=other", None, 400, "Only @self is supported for the 'owner' argument."),
    row(None, "GET /domains?x=%ff", None, 400, "Only valid UTF-8 encoded inputs are accepted"),
    row(
        None,
        "GET /api",
        None,
        406,
        "Requested API version 2.0 is not supported. Supported versions are 1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7",
        headers={"Accept": "application/json; version=2.0"},
    ),
    # Teams, deployments and how an application is deployed.
    row(
        -1, "POST /teams", {"name": "a"}, 422, "Team name must be a minimum of 2 and maximum of 250 characters.", "name"
    ),
    row(-1, "POST /teams", {"name": "crew"}, 422, "Team name 'crew' is already in use. Please choose another.", "name"),
    row(
        -1,
        f"POST {WEB}/deployments",
        {"ref": "a..b"},
        422,
        "The ref is not well-formed. Git ref must be less than 256 characters."
        " See also git-check-ref-format man page for rules.",
        "ref",
    ),
    row(
        -1,
        APPLICATIONS,
        {**CREATE, "config": {"auto_deploy": "x"}},
        422,
        "Invalid value 'x' for auto_deploy.  Acceptable values are true or false",
        "config",
    ),
    # Of no code of their own.
    row(
        1,
        f"POST {WEB}/events",
        {"event": "start"},
        403,
        "You are not permitted to perform this action (change_state on application)",
        who="viewer",
    ),
    row(
        1,
        "DELETE /domain/test",
        None,
        403,
        "You are not permitted to perform this action (destroy on domain)",
        who="viewer",
    ),
    row(1, "GET /team/none", None, 404, "Team 'none' not found."),
    row(1, "GET /cartridge/none", None, 404, "Cartridge 'none' not found."),
    row(1, "GET /region/none", None, 404, "Region 'none' not found."),
    row(1, f"GET {MEMBERS.replace('members', 'member')}/none", None, 404, "The requested member was not found."),
    row(1, f"GET {WEB}/deployment/none", None, 404, "The requested deployment was not found."),
    row(1, f"POST {MEMBERS}", {"login": "other", "role": "king"}, 422, WANTS_ROLE, "role"),
    row(1, "GET /teams?search=a&global=true", None, 422, "Search string must be at least 2 characters"),
    row(
        1,
        f"PUT {WEB}",
        {},
        422,
        "You must specify at least one of the following for an update: auto_deploy, deployment_branch,"
        " keep_deployments and/or deployment_type",
    ),
    row(
        1,
        f"PUT {WEB}",
        {"keep_deployments": 1001},
        422,
        "Invalid number of deployments to keep: 1001."
        " Keep deployments must be greater than 0 and no greater than 1000.",
        "keep_deployments",
    ),
    row(
        100, APPLICATIONS, {**CREATE, "name": "WEB"}, 422, "The supplied application name 'web' already exists", "name"
    ),
    row(100, f"PUT {PLAIN}/cartridge/php-5.4", {"scales_to": 2}, 422, "Application 'plain' is not scalable", "name"),
    row(101, "GET /application/none", None, 404, "Application 'none' not found."),
    row(101, "GET /domain/test/application/none", None, 404, "Application 'none' not found."),
    row(101, f"GET {WEB}/gear_group/none", None, 404, "Gear group 'none' not found."),
    row(
        103, "POST /domains", {"name": "TEST"}, 422, "Namespace 'test' is already in use. Please choose another.", "id"
    ),
    row(103, "POST /domains", {"name": "second"}, 409, "You may not have more than 1 domain.", who="poor"),
    row(
        104,
        "POST /domain/poor/applications",
        CREATE,
        422,
        "poor has already reached the gear limit of 0",
        who="poor",
    ),
    row(
        105, APPLICATIONS, {"cartridges": ["php-5.4"]}, 422, "Application name is required and cannot be blank.", "name"
    ),
    Row(105, APPLICATIONS, {**CREATE, "name": "-" * 33}, 422, ((BAD_APP, "name"), (LONG_APP, "name"))),
    row(105, f"POST {WEB}/aliases", {"id": "10.0.0.1"}, 422, "The specified alias is not allowed: '10.0.0.1'", "id"),
    row(105, f"POST {WEB}/aliases", {}, 422, "The specified alias is not allowed: ''", "id"),
    Row(106, "POST /domains", {}, 422, ((BAD_NAMESPACE, "name"), (LONG_NAMESPACE, "name"))),
    Row(106, "POST /domains", {"name": "-" * 17}, 422, ((BAD_NAMESPACE, "name"), (LONG_NAMESPACE, "name"))),
    row(
        107,
        "GET /user",
        None,
        422,
        "Login 'a:b' must be 1 to 255 printable characters without a colon.",
        headers={"X-Impersonate-User": "a:b"},
        who="parent",
    ),
    row(108, f"POST {KEYS}", {**GOOD_KEY, "content": "a b"}, 422, "Invalid key content.", "content"),
    Row(
        108,
        f"POST {KEYS}",
        {**GOOD_KEY, "content": ""},
        422,
        (("Key content is required and cannot be blank.", "content"), ("Invalid key content.", "content")),
    ),
    row(109, APPLICATIONS, {**CREATE, "cartridges": ["none"]}, 422, "Invalid cartridge 'none' specified.", "cartridge"),
    row(
        109,
        f"POST {WEB}/cartridges",
        {},
        422,
        "Error in parameters. Cannot determine cartridge. Use 'cartridge'/'name'/'url'",
    ),
    row(
        109,
        f"POST {WEB}/cartridges",
        {"name": "ruby-1.9"},
        422,
        "You can only have one web cartridge in your application 'web'.",
        "cartridge",
    ),
    row(
        110,
        "POST /domains",
        {"name": "new", "allowed_gear_sizes": ["huge", "vast"]},
        422,
        "The following gear sizes are invalid: huge, vast",
        "allowed_gear_sizes",
    ),
    row(
        110,
        "POST /domains",
        {"name": "new", "allowed_gear_sizes": ["large"]},
        422,
        "The following gear sizes are not available to this account: large",
        "allowed_gear_sizes",
    ),
    row(112, f"POST {WEB}/events", {"event": "show-port"}, 410, "This event (show-port) is no longer supported."),
    Row(
        116,
        f"POST {KEYS}",
        {**GOOD_KEY, "type": ""},
        422,
        (
            ("Key type is required and cannot be blank.", "type"),
            (f"Invalid key type.  Valid types are {KEY_TYPES}", "type"),
        ),
    ),
    Row(
        117,
        f"POST {KEYS}",
        {**GOOD_KEY, "name": ""},
        422,
        (("Key name is required and cannot be blank.", "name"), (BAD_KEY_NAME, "name"), (KEY_LENGTH, "name")),
    ),
    row(117, f"POST {KEYS}", {**GOOD_KEY, "name": ".a"}, 422, 'Invalid key name. Name cannot start with "."', "name"),
    row(None, f"POST {KEYS}", {**GOOD_KEY, "name": "a.json"}, 422, "SSH key name 'a.json' cannot end with .json"),
    row(118, "GET /user/key/none", None, 404, "User ssh key 'none' not found."),
    row(118, "GET /user/key/a%20b", None, 404, "Ssh key 'a b' not found."),
    row(118, "GET /quickstart/none", None, 404, "Quickstart 'none' not found"),
)
