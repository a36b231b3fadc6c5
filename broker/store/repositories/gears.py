"""Gears and their endpoints."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, select, text, update

from broker.core.application import Gear
from broker.core.gear import Lifecycle
from broker.core.ids import ApplicationId, GearId, GroupId, NodeId, OperationId, UserId
from broker.interfaces import StoredEndpoint
from broker.store.among import among
from broker.store.bulk import insert_rows
from broker.store.tables import applications, endpoints, gears, nodes

_READ = select(gears, nodes.c.zone, nodes.c.region).join(nodes, nodes.c.node_id == gears.c.node_id)
_ORDER = (gears.c.application_id, gears.c.group_id, gears.c.ordinal)
_COLUMNS = tuple(column.name for column in gears.columns)
_GEAR_VALUES = attrgetter(*_COLUMNS)
_ENDPOINT_COLUMNS = tuple(column.name for column in endpoints.columns)
_ENDPOINT_VALUES = attrgetter(*_ENDPOINT_COLUMNS)
_OF_OPERATION = _READ.where(gears.c.operation_id == bindparam("wanted")).order_by(*_ORDER)
_PROXIES_OF = _READ.where(gears.c.application_id == bindparam("wanted"), text("gears.carries_proxy")).order_by(*_ORDER)
# Written out as in the index of the few gears that do not serve: a parameter would not be known to fit it.
_APART_OF = _READ.where(
    gears.c.group_id == bindparam("wanted"),
    text("(gears.lifecycle != 'started' OR gears.held_out)"),
    gears.c.lifecycle != Lifecycle.DESTROYING.value,
).order_by(*_ORDER)
_HELD_OUT_OF = _APART_OF.where(gears.c.held_out)
_SET_UID = update(gears).where(gears.c.gear_id == bindparam("this_gear")).values(uid=bindparam("new_uid"))
_CHANGE_ONE = update(gears).where(gears.c.gear_id == bindparam("this_gear"))
_DELETE_GEAR = delete(gears).where(gears.c.gear_id == bindparam("this_gear"))
_DELETE_ENDPOINTS = delete(endpoints).where(endpoints.c.gear_id == bindparam("this_gear"))


class GearRepository:
    """Gears and their endpoints; every method is a fixed number of statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _load(self, condition: ColumnElement[bool] | None) -> tuple[Gear, ...]:
        query = _READ.order_by(*_ORDER)
        if condition is not None:
            query = query.where(condition)
        return tuple(Gear(**row) for row in self._connection.execute(query).mappings())

    def _read(self, query: Select[Any], wanted: str) -> tuple[Gear, ...]:
        return tuple(Gear(**row) for row in self._connection.execute(query, {"wanted": wanted}).mappings())

    def of_application(self, application_id: ApplicationId) -> tuple[Gear, ...]:
        """All gears of an application, group by group, oldest first."""
        return self._load(gears.c.application_id == application_id)

    def of_group(self, group_id: GroupId) -> tuple[Gear, ...]:
        """All gears of a group, oldest first."""
        return self._load(gears.c.group_id == group_id)

    def of_operation(self, operation_id: OperationId) -> tuple[Gear, ...]:
        """The gears that an operation is creating, changing or destroying."""
        return self._read(_OF_OPERATION, operation_id)

    def of_nodes(self, node_ids: Sequence[NodeId]) -> tuple[Gear, ...]:
        """All gears on these nodes."""
        return self._load(among(self._connection, gears.c.node_id, node_ids))

    def proxies_of(self, application_id: ApplicationId) -> tuple[Gear, ...]:
        """The proxy gears of an application."""
        return self._read(_PROXIES_OF, application_id)

    def apart_of(self, group_id: GroupId) -> tuple[Gear, ...]:
        """The gears of a group that are not started, or rotated out by hand; but not those about to go."""
        return self._read(_APART_OF, group_id)

    def held_out_of(self, group_id: GroupId) -> tuple[Gear, ...]:
        """The gears of a group that were rotated out by hand, but not those about to go."""
        return self._read(_HELD_OUT_OF, group_id)

    def by_ids(self, gear_ids: Sequence[GearId]) -> tuple[Gear, ...]:
        """Those of these ids that exist."""
        return self._load(among(self._connection, gears.c.gear_id, gear_ids))

    def all(self) -> tuple[Gear, ...]:
        """Every gear there is; for snapshots."""
        return self._load(None)

    def of_owner(self, owner_id: UserId) -> tuple[Gear, ...]:
        """All gears of one owner's applications; for snapshots."""
        own = select(applications.c.application_id).where(applications.c.owner_id == owner_id)
        return self._load(gears.c.application_id.in_(own))

    def add(self, added: Sequence[Gear]) -> None:
        """Store new gears."""
        insert_rows(self._connection, gears, _COLUMNS, [_GEAR_VALUES(gear) for gear in added])

    def change(self, gear_ids: Sequence[GearId], **values: object) -> None:
        """Set the same columns to the same values on all of these gears."""
        if len(gear_ids) == 1:
            self._connection.execute(_CHANGE_ONE, {"this_gear": gear_ids[0], **values})
        elif gear_ids:
            condition = among(self._connection, gears.c.gear_id, gear_ids)
            self._connection.execute(update(gears).where(condition).values(**values))

    def set_uids(self, uids: Mapping[GearId, int]) -> None:
        """Store the uids that the nodes gave."""
        if uids:
            rows = [{"this_gear": gear_id, "new_uid": uid} for gear_id, uid in uids.items()]
            self._connection.execute(_SET_UID, rows)

    def move(self, moved: Sequence[Gear]) -> None:
        """Store the nodes on which these gears are to be."""
        rows = [{"this_gear": gear.gear_id, "node_id": gear.node_id} for gear in moved]
        if rows:
            self._connection.execute(_CHANGE_ONE, rows)

    def remove(self, gear_ids: Sequence[GearId]) -> None:
        """Delete the gears with their endpoints."""
        if gear_ids:
            rows: list[dict[str, Any]] = [{"this_gear": gear_id} for gear_id in gear_ids]
            self._connection.execute(_DELETE_ENDPOINTS, rows)
            self._connection.execute(_DELETE_GEAR, rows)

    def _endpoints(self, condition: ColumnElement[bool] | None) -> tuple[StoredEndpoint, ...]:
        query = select(endpoints).order_by(endpoints.c.gear_id, endpoints.c.public_port)
        if condition is not None:
            query = query.where(condition)
        return tuple(StoredEndpoint(**row) for row in self._connection.execute(query).mappings())

    def endpoints_of(self, gear_ids: Sequence[GearId]) -> tuple[StoredEndpoint, ...]:
        """The public endpoints of these gears."""
        return self._endpoints(among(self._connection, endpoints.c.gear_id, gear_ids))

    def endpoints_of_application(self, application_id: ApplicationId) -> tuple[StoredEndpoint, ...]:
        """The public endpoints of all gears of an application."""
        own = select(gears.c.gear_id).where(gears.c.application_id == application_id)
        return self._endpoints(endpoints.c.gear_id.in_(own))

    def endpoints_of_owner(self, owner_id: UserId) -> tuple[StoredEndpoint, ...]:
        """The public endpoints of all gears of one owner; for snapshots."""
        own = select(gears.c.gear_id).join(applications, applications.c.application_id == gears.c.application_id)
        return self._endpoints(endpoints.c.gear_id.in_(own.where(applications.c.owner_id == owner_id)))

    def all_endpoints(self) -> tuple[StoredEndpoint, ...]:
        """Every public endpoint there is; for snapshots."""
        return self._endpoints(None)

    def add_endpoints(self, added: Sequence[StoredEndpoint]) -> None:
        """Store the endpoints that nodes have exposed."""
        insert_rows(self._connection, endpoints, _ENDPOINT_COLUMNS, [_ENDPOINT_VALUES(each) for each in added])

    def remove_endpoints(self, gear_ids: Sequence[GearId], cartridge: str) -> None:
        """Delete the endpoints of a cartridge on these gears."""
        condition = among(self._connection, endpoints.c.gear_id, gear_ids)
        self._connection.execute(delete(endpoints).where(condition, endpoints.c.cartridge == cartridge))
