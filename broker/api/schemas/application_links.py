"""What can be done with an application; what is not possible here has no link."""

from broker.api.links import Link, Param
from broker.api.schemas.aliases import CERTIFICATE, PASS_PHRASE, PRIVATE_KEY
from broker.api.schemas.deployment_links import deployment_links
from broker.core.policy import Policy

# Name of the link, the event, and what it does.
EVENTS = (
    ("START", "start", "Start the application"),
    ("STOP", "stop", "Stop the application"),
    ("FORCE_STOP", "force-stop", "Stop the application by force"),
    ("RESTART", "restart", "Restart the application"),
    ("TIDY", "tidy", "Remove what its gears do not need"),
    ("RELOAD", "reload", "Let its cartridges read their configuration again"),
    ("THREAD_DUMP", "thread-dump", "Show what its threads are doing"),
)
HA_EVENTS = (
    ("MAKE_HA", "make-ha", "Make the application highly available"),
    ("DISABLE_HA", "disable-ha", "End the high availability of the application"),
)
_BY_OR_TO = (
    Param(name="by", type="integer", description="How many gears more or fewer", default=1),
    Param(name="to", type="integer", description="How many gears it then has"),
)
_NAME = Param(name="name", description="Name of the variable")
_VALUE = Param(name="value", description="Value of the variable")


def application_links(application_id: str, cartridges: tuple[str, ...], policy: Policy) -> tuple[Link, ...]:
    """The links of an application with these cartridges; those of HA exactly where the operator allows HA at all."""
    path = f"application/{application_id}"
    ha = HA_EVENTS if policy.allow_ha else ()
    return (
        Link(name="GET", rel="Show the application", path=path),
        Link(name="GET_DESCRIPTOR", rel="Show what it is made of", path=f"{path}/descriptor"),
        Link(name="GET_GEAR_GROUPS", rel="List its gear groups", path=f"{path}/gear_groups"),
        *(_event(path, *each) for each in EVENTS),
        _event(path, "SCALE_UP", "scale-up", "Add gears", _BY_OR_TO),
        _event(path, "SCALE_DOWN", "scale-down", "Take gears away", _BY_OR_TO),
        _adding(f"{path}/cartridges", cartridges, policy),
        Link(name="LIST_CARTRIDGES", rel="List its cartridges", path=f"{path}/cartridges"),
        Link(name="DNS_RESOLVABLE", rel="Ask whether its name is in DNS", path=f"{path}/dns_resolvable"),
        Link(
            name="ADD_ALIAS",
            rel="Give the application another name",
            method="POST",
            path=f"{path}/aliases",
            required=(Param(name="id", description="The name"),),
            optional=(CERTIFICATE, PRIVATE_KEY, PASS_PHRASE),
        ),
        Link(name="LIST_ALIASES", rel="List its aliases", path=f"{path}/aliases"),
        *_variable_links(f"{path}/environment-variables"),
        *deployment_links(path),
        Link(name="LIST_MEMBERS", rel="List its members", path=f"{path}/members"),
        Link(name="GET_HA", rel="Show whether it is HA now", path=f"{path}/ha"),
        Link(name="GET_ROUTING_TABLE", rel="Show what routers know of it", path=f"{path}/routing_table"),
        Link(name="LIST_OPERATIONS", rel="List its operations", path=f"{path}/operations"),
        *(_event(path, *each) for each in ha),
        Link(name="DELETE", rel="Delete the application", method="DELETE", path=path),
    )


def _adding(path: str, cartridges: tuple[str, ...], policy: Policy) -> Link:
    url = Param(name="url", description="Where the manifest of a cartridge is, in place of its name")
    return Link(
        name="ADD_CARTRIDGE",
        rel="Add a cartridge",
        method="POST",
        path=path,
        required=(Param(name="name", description="Name of the cartridge"),),
        optional=(
            Param(name="colocate_with", description="The cartridge whose gears it shares", valid=cartridges),
            Param(name="scales_from", type="integer", description="The fewest gears"),
            Param(name="scales_to", type="integer", description="The most gears, -1 for no limit"),
            Param(name="additional_gear_storage", type="integer", description="Gigabytes more for each of its gears"),
            Param(name="gear_size", description="The size of its gears", valid=policy.valid_gear_sizes),
            *((url,) if policy.download_cartridges else ()),
            Param(name="environment_variables", type="array", description="Variables to set with it"),
        ),
    )


def _variable_links(path: str) -> tuple[Link, ...]:
    return (
        Link(
            name="ADD_ENVIRONMENT_VARIABLE",
            rel="Add an environment variable",
            method="POST",
            path=path,
            required=(_NAME, _VALUE),
        ),
        Link(
            name="SET_UNSET_ENVIRONMENT_VARIABLES",
            rel="Set and unset environment variables",
            method="PATCH",
            path=path,
            optional=(
                _NAME,
                _VALUE,
                Param(
                    name="environment_variables",
                    type="array",
                    description="Variables to set; one without a value is unset",
                ),
            ),
        ),
        Link(name="LIST_ENVIRONMENT_VARIABLES", rel="List its environment variables", path=path),
    )


def _event(path: str, name: str, event: str, rel: str, optional: tuple[Param, ...] = ()) -> Link:
    required = (Param(name="event", description="The event", valid=(event,)),)
    return Link(name=name, rel=rel, method="POST", path=f"{path}/events", required=required, optional=optional)
