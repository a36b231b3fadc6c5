"""One line of the table of the interface, and the families of paths that resources have."""

from collections.abc import Callable
from dataclasses import dataclass

from marshmallow import Schema

from broker.api.call import Answer, Call, Stream
from broker.api.negotiation import ENVELOPED
from broker.core.access import Noun, Permission
from broker.usecases.applications import show_application
from broker.usecases.namespaces import show_namespace
from broker.usecases.teams import show_team

READING = ("GET", "HEAD")
_NOUNS = (
    ("/user/keys", Noun.KEYS),
    ("/user/key/", Noun.KEYS),
    ("/user/authorization", Noun.AUTHORIZATIONS),
    ("/user/domains", Noun.DOMAINS),
    ("/user", Noun.ACCOUNT),
    ("/domain", Noun.DOMAINS),
    ("/team", Noun.TEAMS),
    ("/application", Noun.APPLICATIONS),
    ("/operations", Noun.OPERATIONS),
    ("/operation", Noun.APPLICATIONS),
    ("/console", Noun.APPLICATIONS),
    ("/routing", Noun.ROUTING),
)
Resource = Callable[[Call], Answer | Stream]


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of a resource: those that links use, and the older plural ones that still lead there."""

    current: tuple[str, ...]
    plural: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.current, *self.plural)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What the envelope calls the data, and the schema it is shown through.

    With `is_wire` the data is in that shape already, with `bare` there is no envelope around it.
    Without a schema the data may be one value of the JSON type `plain`. With a `page` it is put into that template.
    """

    kind: str | None
    schema: Schema | None = None
    many: bool = False
    is_wire: bool = False
    bare: bool = False
    plain: str = "null"
    page: str | None = None


# No data: what was asked for is gone.
NOTHING = Shape(kind=None)


@dataclass(frozen=True, slots=True)
class Url:
    """A resource with its method; `refusals` are the statuses it may answer with beside those of every request.

    What changes something has a `recall`, which makes the answer anew for a client that did not get the first one.
    With `becomes_operation` it is answered with 202 where the client prefers that.
    A `conditional` one is changed only if it is still what `If-Match` says. `noun` is what it is about, for scopes.
    One that is `tagged` is shown with its `ETag`, and not again to who has it and says so by `If-None-Match`.
    With `pages` it is a list of which the header `Link` has the next page.
    A `filtered` one shows those who log in, though nobody has to, what they can use of it.
    What a client may be told only now, because it `shows_secret`, is not kept for a repeat but made anew.
    `other_statuses` are those of success beside the usual one.
    To be answered again under its key, who may change something in the domain that the path names must have the
    permission `repeat_needs` there still; None: the request ends just that.
    What is `always_open` is answered under maintenance too.
    With `finds` whatever the path names must be there, and that is said before what is wrong with a parameter.
    """

    method: str
    paths: Paths
    resource: Resource
    summary: str
    shape: Shape
    form: Schema | None = None
    other_shapes: tuple[Shape, ...] = ()
    status: int = 200
    other_statuses: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()
    media: tuple[str, ...] = ENVELOPED
    login: bool = True
    finds: bool = True
    recall: Callable[[Call], Answer] | None = None
    becomes_operation: bool = False
    pages: bool = False
    conditional: bool = False
    tagged: bool = False
    filtered: bool = False
    shows_secret: bool = False
    always_open: bool = False
    repeat_needs: Permission | None = Permission.READ_DOMAIN

    @property
    def noun(self) -> Noun:
        """What it is about, by the first words of its path."""
        if not self.login:
            return Noun.PUBLIC
        path = self.paths.current[0]
        return next(noun for start, noun in _NOUNS if path.startswith(start))

    @property
    def changes(self) -> bool:
        """Whether a request may be sent under an Idempotency-Key, because it does something."""
        return self.login and self.method not in READING

    def shape_of(self, kind: str | None) -> Shape:
        """The shape of that name, or the usual one."""
        return next((each for each in self.other_shapes if each.kind == kind), self.shape)


def here(path: str) -> Paths:
    """A path by itself."""
    return Paths((path,))


def domain(below: str = "") -> Paths:
    """The paths of a domain."""
    return Paths((f"/domain/<domain_id>{below}",), (f"/domains/<domain_id>{below}",))


def application(*below: str) -> Paths:
    """The paths of an application: by id or name, and by domain and name; each with every spelling of what is below."""
    ends = below or ("",)
    return Paths(
        tuple(
            f"{start}{end}"
            for start in ("/application/<application_id>", "/domain/<domain_id>/application/<application_name>")
            for end in ends
        ),
        tuple(
            f"{start}{end}"
            for start in ("/applications/<application_id>", "/domains/<domain_id>/applications/<application_name>")
            for end in ends
        ),
    )


def find_named(call: Call) -> None:
    """Raises `NotFound` for an application, domain or team that the path names and that is not there."""
    if "application_id" in call.path or "application_name" in call.path:
        show_application(call.platform, call.user, call.application, call.namespace)
    elif call.namespace is not None:
        show_namespace(call.platform, call.user, call.namespace)
    elif "team_id" in call.path:
        show_team(call.platform, call.user, call.path["team_id"])
