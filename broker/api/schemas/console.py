"""What the pages of the console show, and which page of a list is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.api.curl import curl_line, curl_of_link
from broker.api.fields import Form
from broker.api.paging import PAGE, Cursor, PageSize
from broker.api.paths import PREFIX
from broker.api.schemas.applications import ShownApplication
from broker.api.schemas.cartridges import ShownCartridge
from broker.api.schemas.domains import ShownDomain
from broker.api.schemas.gear_groups import ShownGear, ShownGearGroup
from broker.api.schemas.ha import ShownVerdict
from broker.api.schemas.operations import ShownOperation
from broker.core.ids import GearId
from broker.core.owner import User
from broker.core.rotation import Rotation
from broker.core.verdict import VerdictState

CONSOLE: Final = f"{PREFIX}/console"
# A sign and words for each verdict, so that nothing is told by colour alone.
_WORDS: Final[Mapping[VerdictState, tuple[str, str]]] = {
    VerdictState.HA: ("\N{CHECK MARK}", "Highly available"),
    VerdictState.DEGRADED: ("!", "Degraded"),
    VerdictState.NOT_HA: ("\N{EN DASH}", "Not highly available"),
}


class ConsoleListing(Form):
    """Which page of the applications is shown."""

    limit = PageSize(load_default=PAGE)
    after = Cursor(load_default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict as people read it."""

    state: VerdictState

    @property
    def sign(self) -> str:
        """A sign of its own."""
        return _WORDS[self.state][0]

    @property
    def words(self) -> str:
        """What it says."""
        return _WORDS[self.state][1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """An application in the list; its verdict is the one that was last noted."""

    shown: ShownApplication

    @property
    def address(self) -> str:
        """The page of the application."""
        return f"{CONSOLE}/application/{self.shown.application.application_id}"

    @property
    def standing(self) -> Standing:
        """Its verdict."""
        return Standing(VerdictState(self.shown.application.verdict))


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """The caller's applications and, before the first of them, their domains; `next_address` is None at the end.

    `account` is None where the credential does not let it be seen.
    """

    title = "Applications"
    rows: tuple[Row, ...]
    domains: tuple[ShownDomain, ...]
    account: User | None
    is_first: bool
    next_address: str | None


@dataclass(frozen=True, kw_only=True)
class GearRow:
    """A gear in the table of its group; `rotation` is None in a group that no request is sent to."""

    shown: ShownGear
    rotation: Rotation | None

    @property
    def deployment(self) -> str:
        """The deployment that it runs, as far as it is known."""
        return self.shown.view.gear.deployment_id or "not known"


@dataclass(frozen=True, kw_only=True)
class GroupTable:
    """A gear group with its gears."""

    shown: ShownGearGroup
    held: Mapping[GearId, Rotation]

    @property
    def serves(self) -> bool:
        """Whether requests are sent to its gears."""
        return any(cartridge.is_web_framework for cartridge in self.shown.view.cartridges)

    @property
    def rows(self) -> list[GearRow]:
        """Its gears; one that was taken out by hand may still drain."""
        return [GearRow(shown=each, rotation=self._rotation(each)) for each in self.shown.gears]

    def _rotation(self, shown: ShownGear) -> Rotation | None:
        gear = shown.view.gear
        return self.held.get(gear.gear_id, Rotation(gear.rotation)) if self.serves else None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that can be changed, and the request that does it."""

    text: str
    line: str


@dataclass(frozen=True, kw_only=True)
class ApplicationPage:
    """One application: how it stands, what it is made of, what was done with it."""

    shown: ShownApplication
    verdict: ShownVerdict
    ha_name: str | None
    groups: tuple[GroupTable, ...]
    cartridges: tuple[ShownCartridge, ...]
    operations: tuple[ShownOperation, ...]

    @property
    def title(self) -> str:
        """Its name."""
        return self.shown.application.name

    @property
    def standing(self) -> Standing:
        """Its verdict now."""
        return Standing(self.verdict.view.verdict.state)

    @property
    def place(self) -> str:
        """Where it is in the interface."""
        return f"{self.shown.frame.base}/application/{self.shown.application.application_id}"

    @property
    def changes(self) -> list[Change]:
        """What can be done with it and with its gears: the links that REST shows, as requests."""
        links: Mapping[str, Any] = self.shown.links or {}
        of_application = [
            Change(link["rel"], curl_of_link(link, self._login)) for link in links.values() if link["method"] != "GET"
        ]
        return [*of_application, *self._changes_of_gears()]

    @property
    def reading(self) -> str:
        """The request that shows the same to a program."""
        return curl_line("GET", self.place, login=self._login)

    def _changes_of_gears(self) -> list[Change]:
        events = (
            ("restart", "Restart one gear"),
            ("rotate-out", "Take one gear out of rotation"),
            ("rotate-in", "Take it back into rotation"),
        )
        gear = f"{self.place}/gear/GEAR"
        return [
            *(Change(text, self._line("POST", f"{gear}/events", ("event", event))) for event, text in events),
            Change("Delete one gear, and put another in its place where one is needed", self._line("DELETE", gear)),
            Change(
                "Set how many gears a cartridge may have",
                self._line("PUT", f"{self.place}/cartridge/CARTRIDGE", ("scales_from", "2"), ("scales_to", "4")),
            ),
        ]

    def _line(self, method: str, url: str, *data: tuple[str, str]) -> str:
        return curl_line(method, url, data, login=self._login)

    @property
    def _login(self) -> str:
        caller = self.shown.frame.caller
        return "LOGIN" if caller is None else caller.login
