"""Why a node turns a command down: one class each, with its stable code."""

from typing import ClassVar


class NodeRefusal(Exception):
    """A command that cannot be carried out; nothing on the node has changed."""

    code: ClassVar[str] = "refused"


class WrongNode(NodeRefusal):
    """The command was meant for another node."""

    code = "wrong_node"

    def __init__(self, meant_for: str, node_id: str) -> None:
        super().__init__(f"This command is for node {meant_for}, and this is {node_id}")


class MalformedCommand(NodeRefusal):
    """The arguments of the command are not those of its kind."""

    code = "malformed_command"


class GearUnknown(NodeRefusal):
    """The node has no such gear."""

    code = "unknown_gear"

    def __init__(self, gear_id: str) -> None:
        super().__init__(f"There is no gear {gear_id} on this node")


class GearExists(NodeRefusal):
    """The node has a gear of this id already."""

    code = "gear_exists"

    def __init__(self, gear_id: str) -> None:
        super().__init__(f"Gear {gear_id} is on this node already")


class GearDestroyed(NodeRefusal):
    """The gear was destroyed here; a command to create it is one that comes too late."""

    code = "gear_destroyed"

    def __init__(self, gear_id: str) -> None:
        super().__init__(f"Gear {gear_id} was destroyed on this node and is not created again")


class CommandUndone(NodeRefusal):
    """Another command that took this one back was here before it."""

    code = "undone"

    def __init__(self) -> None:
        super().__init__("This command comes too late: it was taken back before")


class CommandSuperseded(NodeRefusal):
    """The gear was given a newer wish for its state before this one came."""

    code = "superseded"

    def __init__(self, gear_id: str) -> None:
        super().__init__(f"This command comes too late: gear {gear_id} was told something newer before")


class NoUidsLeft(NodeRefusal):
    """Every uid of the pool is held."""

    code = "no_uids_left"

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"No uids were left available between {first} and {last}")


class UidNotFree(NodeRefusal):
    """A gear cannot be given a uid that another gear holds, or that is not in the pool."""

    code = "uid_not_free"

    def __init__(self, uid: int) -> None:
        super().__init__(f"The uid {uid} is held by another gear or is outside the pool")


class CartridgePresent(NodeRefusal):
    """The gear carries this cartridge already."""

    code = "cartridge_present"

    def __init__(self, gear_id: str, cartridge: str) -> None:
        super().__init__(f"Gear {gear_id} carries cartridge {cartridge} already")


class CartridgeAbsent(NodeRefusal):
    """The gear does not carry this cartridge."""

    code = "cartridge_absent"

    def __init__(self, gear_id: str, cartridge: str) -> None:
        super().__init__(f"Gear {gear_id} does not carry cartridge {cartridge}")


class NotRunning(NodeRefusal):
    """What is asked of a cartridge can be done only while it runs."""

    code = "not_running"

    def __init__(self, gear_id: str, cartridge: str) -> None:
        super().__init__(f"Cartridge {cartridge} does not run on gear {gear_id}")


class NoAddressesLeft(NodeRefusal):
    """Each cartridge of a gear has its own private address, and all are held."""

    code = "no_addresses_left"

    def __init__(self, gear_id: str) -> None:
        super().__init__(f"No private addresses were left available on gear {gear_id}")


class NoPortsLeft(NodeRefusal):
    """The gear's block of public ports is used up."""

    code = "no_ports_left"

    def __init__(self, address: str, port: int) -> None:
        super().__init__(f"No ports were left available to map {address}:{port}")


class PortNotFree(NodeRefusal):
    """A gear cannot be adopted with ports that are outside its block, used twice, or too few or too many."""

    code = "port_not_free"

    def __init__(self, gear_id: str, ports: tuple[int, ...]) -> None:
        super().__init__(f"Gear {gear_id} cannot hold the public ports {', '.join(map(str, ports))}")


class RuntimeFailure(NodeRefusal):
    """The node could not do what it should have been able to do; the same command may succeed later."""

    code = "node_failure"


class NotKept(RuntimeFailure):
    """The node could not write down what it did, so that it counts as not done."""

    code = "not_kept"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The node could not write down what it did: {reason}")


class InjectedFault(RuntimeFailure):
    """A simulated node was told to fail now and then."""

    code = "injected_fault"

    def __init__(self, every: int) -> None:
        super().__init__(f"This node fails every {every}. command on purpose")
