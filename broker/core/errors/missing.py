"""What was asked for does not exist, or the caller may not know that it does."""

import re
from typing import ClassVar

from broker.core.errors.base import NotFound, Refusal


class NamespaceNotFound(NotFound):
    """No such namespace among those the caller may see."""

    code = "namespace_not_found"
    exit_code = 127

    def __init__(self, namespace: str) -> None:
        super().__init__(f"Domain '{namespace}' not found.")


class ApplicationNotFound(NotFound):
    """No such application among those the caller may see."""

    code = "application_not_found"
    exit_code = 101

    def __init__(self, application: str) -> None:
        super().__init__(f"Application '{application}' not found.")


class CartridgeNotInApplication(NotFound):
    """The application does not have this cartridge."""

    code = "cartridge_not_in_application"
    exit_code = 129
    malformed: ClassVar[str] = "The requested cartridge was not found."

    def __init__(self, cartridge: str) -> None:
        well_formed = re.fullmatch(r"[\w-]*-\d+(\.\d+)*", cartridge, re.ASCII)
        super().__init__(f"Cartridge '{cartridge}' not found." if well_formed else self.malformed)


class CartridgeNotFound(NotFound):
    """The catalogue does not have this cartridge."""

    code = "cartridge_not_found"

    def __init__(self, cartridge: str) -> None:
        super().__init__(f"Cartridge '{cartridge}' not found.")


class GearGroupNotFound(NotFound):
    """The application does not have this gear group."""

    code = "gear_group_not_found"
    exit_code = 101

    def __init__(self, group_id: str) -> None:
        super().__init__(f"Gear group '{group_id}' not found.")


class OperationNotFound(NotFound):
    """No such operation among those of the caller's applications."""

    code = "operation_not_found"

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"Operation '{operation_id}' not found.")


class EnvironmentVariableNotFound(NotFound):
    """The application has no such environment variable."""

    code = "environment_variable_not_found"
    exit_code = 188

    def __init__(self, name: str) -> None:
        super().__init__(f"User environment variable named '{name}' not found in application")


class AmbiguousApplication(Refusal):
    """More than one visible application has this name; a namespace or an id decides."""

    code = "ambiguous_application"
    exit_code = 101

    def __init__(self, name: str, namespaces: tuple[str, ...]) -> None:
        places = ", ".join(f"domain/{namespace}/application/{name}" for namespace in namespaces)
        super().__init__(f"More than one application is named '{name}'. Use its id, or one of: {places}.")
