"""One line of the table of the interface, and the families of paths that resources have."""

from collections.abc import Callable
from dataclasses import dataclass

from marshmallow import Schema

from broker.api.call import Answer, Call, Stream
from broker.api.negotiation import JSON
from broker.usecases.applications import show_application
from broker.usecases.namespaces import show_namespace

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
    """

    kind: str | None
    schema: Schema | None = None
    many: bool = False
    is_wire: bool = False
    bare: bool = False


# No data: what was asked for is gone.
NOTHING = Shape(kind=None)


@dataclass(frozen=True, slots=True)
class Url:
    """A resource with its method; `refusals` are the statuses it may answer with beside those of every request.

    What changes something has a `recall`, which makes the answer anew for a client that did not get the first one.
    With `becomes_operation` it is answered with 202 where the client prefers that.
    With `pages` it is a list of which the header `Link` has the next page.
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
    refusals: tuple[int, ...] = ()
    media: tuple[str, ...] = (JSON,)
    login: bool = True
    finds: bool = True
    recall: Callable[[Call], Answer] | None = None
    becomes_operation: bool = False
    pages: bool = False

    @property
    def changes(self) -> bool:
        """Whether a request may be sent under an Idempotency-Key, because it does something."""
        return self.login and self.method not in {"GET", "HEAD"}

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
    """Raises `NotFound` for an application or domain that the path names and that is not there."""
    if "application_id" in call.path or "application_name" in call.path:
        show_application(call.platform, call.user, call.application, call.namespace)
    elif call.namespace is not None:
        show_namespace(call.platform, call.user, call.namespace)
