"""Applications with their groups, cartridges, aliases and environment variables."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.engine import MappingResult, RowMapping
from sqlalchemy.exc import IntegrityError

from broker.core.application import (
    Application,
    ApplicationParts,
    ApplicationPhase,
    GearGroup,
    InstalledCartridge,
)
from broker.core.errors import ApplicationBusy, Conflict
from broker.core.ids import ApplicationId, GroupId, NamespaceId, UserId
from broker.interfaces import Collided
from broker.store.among import among
from broker.store.tables import (
    activations,
    aliases,
    application_cartridges,
    applications,
    deployments,
    endpoints,
    environment_variables,
    gear_groups,
    gears,
    namespaces,
    users,
)

_READ = select(applications, namespaces.c.name.label("namespace"), users.c.login.label("owner_login")).join_from(
    applications.join(namespaces, namespaces.c.namespace_id == applications.c.namespace_id),
    users,
    users.c.user_id == applications.c.owner_id,
)
_ORDERED = _READ.order_by(applications.c.name, applications.c.application_id)
_COLUMNS = tuple(column.name for column in applications.columns)
_GROUP_COLUMNS = tuple(column.name for column in gear_groups.columns)

# Of an installed cartridge, what it does not share with its group.
_OWN = ("added_at", "running", "url", "manifest", "data")

# Every request asks these for one application. Made once, because making a statement costs more than running it.
_BY_ID = _ORDERED.where(applications.c.application_id == bindparam("wanted"))
_LOCKED = _BY_ID.with_for_update(of=applications)
_OWNED_NAMED = _ORDERED.where(
    applications.c.owner_id == bindparam("owner"), applications.c.name == bindparam("wanted_name")
)
# Groups and cartridges together: a group has at least one cartridge, and a cartridge is in one group.
_PARTS = (
    select(
        gear_groups,
        application_cartridges.c.name.label("cartridge"),
        application_cartridges.c.ordinal.label("place"),
        *(application_cartridges.c[name] for name in _OWN),
    )
    .join(application_cartridges, application_cartridges.c.group_id == gear_groups.c.group_id)
    .order_by(application_cartridges.c.ordinal)
)
_PARTS_OF = _PARTS.where(gear_groups.c.application_id == bindparam("wanted"))
_ALIASES = select(aliases.c.alias, aliases.c.application_id).order_by(aliases.c.alias)
_ALIASES_OF = _ALIASES.where(aliases.c.application_id == bindparam("wanted"))
_VARIABLE = select(environment_variables.c.value).where(
    environment_variables.c.application_id == bindparam("wanted"), environment_variables.c.name == bindparam("called")
)
_NAMESPACE = select(namespaces.c.name).where(namespaces.c.namespace_id == bindparam("wanted"))
# PostgreSQL's word for a broken foreign key.
_REFERS_TO_NOTHING = "23503"
_SAVE = update(applications).where(
    applications.c.application_id == bindparam("this_application"), applications.c.generation == bindparam("before")
)
_SAVE_GROUP = update(gear_groups).where(gear_groups.c.group_id == bindparam("this_group"))


def _application(row: Mapping[str, Any]) -> Application:
    return Application(**{**row, "phase": ApplicationPhase(row["phase"])})


def _changed(before: object, after: object, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(after, name) for name in names}
    return {name: value for name, value in values.items() if before is None or value != getattr(before, name)}


def _cartridge_row(application_id: ApplicationId, cartridge: InstalledCartridge) -> dict[str, Any]:
    own = {name: getattr(cartridge, name) for name in ("name", "group_id", "ordinal", *_OWN)}
    return {"application_id": application_id, **own}


def _installed(application_id: ApplicationId, name: str) -> tuple[ColumnElement[bool], ...]:
    return (application_cartridges.c.application_id == application_id, application_cartridges.c.name == name)


class ApplicationRepository:
    """Applications with their groups and cartridges; each read is two statements, whatever it returns."""

    def __init__(
        self,
        connection: Connection,
        renewed: Callable[[tuple[GroupId, ...], int, int], None],
        hold: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._renewed = renewed
        self._hold = hold

    def _load(self, condition: ColumnElement[bool], *, lock: bool = False) -> tuple[ApplicationParts, ...]:
        query = _ORDERED.where(condition)
        chosen = select(applications.c.application_id).where(condition)
        if lock:
            self._hold()
        return self._read(query.with_for_update(of=applications) if lock else query, {}, chosen)

    def _read(
        self, query: Select[Any], values: Mapping[str, object], chosen: Select[Any] | None = None
    ) -> tuple[ApplicationParts, ...]:
        """The applications of a query; `chosen` tells their ids where there may be many."""
        rows = self._connection.execute(query, values).mappings().all()
        if not rows:
            return ()
        groups: dict[str, dict[str, GearGroup]] = defaultdict(dict)
        cartridges: dict[str, list[InstalledCartridge]] = defaultdict(list)
        for row in self._parts_of(rows, chosen):
            fields = dict(row)
            installed = InstalledCartridge(
                name=fields.pop("cartridge"),
                group_id=fields["group_id"],
                ordinal=fields.pop("place"),
                **{name: fields.pop(name) for name in _OWN},
            )
            cartridges[fields["application_id"]].append(installed)
            groups[fields["application_id"]].setdefault(fields["group_id"], GearGroup(**fields))
        found = (_application(dict(row)) for row in rows)
        return tuple(
            ApplicationParts(
                application=application,
                groups=tuple(sorted(groups[application.application_id].values(), key=lambda group: group.ordinal)),
                cartridges=tuple(cartridges[application.application_id]),
            )
            for application in found
        )

    def _parts_of(self, rows: Sequence[RowMapping], chosen: Select[Any] | None) -> MappingResult:
        """Groups and cartridges of the applications of these rows, in one statement."""
        if len(rows) == 1:
            return self._connection.execute(_PARTS_OF, {"wanted": rows[0]["application_id"]}).mappings()
        ids = [row["application_id"] for row in rows] if chosen is None else chosen
        return self._connection.execute(_PARTS.where(gear_groups.c.application_id.in_(ids))).mappings()

    def by_id(self, application_id: ApplicationId) -> ApplicationParts | None:
        """The application of that id."""
        return next(iter(self._read(_BY_ID, {"wanted": application_id})), None)

    def locked(self, application_id: ApplicationId) -> ApplicationParts | None:
        """The same, with its row held until the unit of work ends."""
        self._hold()
        return next(iter(self._read(_LOCKED, {"wanted": application_id})), None)

    def id_by_name(self, namespace_id: NamespaceId, name: str) -> ApplicationId | None:
        """The id behind a name in a namespace."""
        query = select(applications.c.application_id).where(
            applications.c.namespace_id == namespace_id, applications.c.name == name
        )
        found: ApplicationId | None = self._connection.execute(query).scalar()
        return found

    def owned_named(self, owner_id: UserId, name: str) -> tuple[ApplicationParts, ...]:
        """Those of that name in all the owner's namespaces."""
        return self._read(_OWNED_NAMED, {"owner": owner_id, "wanted_name": name})

    def named_in(self, namespace_ids: Collection[NamespaceId], name: str) -> tuple[ApplicationParts, ...]:
        """Those of that name in these namespaces."""
        return self._load(
            among(self._connection, applications.c.namespace_id, namespace_ids) & (applications.c.name == name)
        )

    def listed(
        self,
        user_id: UserId,
        others: Collection[NamespaceId],
        *,
        namespace_id: NamespaceId | None = None,
        limit: int | None = None,
        after: tuple[str, ApplicationId] | None = None,
    ) -> tuple[ApplicationParts, ...]:
        """Those that the account owns and those of the namespaces of `others`, or of one namespace; one page by name.

        Own ones come by one index and the others by another, each from where the page begins.
        """
        sources: list[ColumnElement[bool]] = [applications.c.owner_id == user_id]
        if namespace_id is not None:
            sources = [applications.c.namespace_id == namespace_id]
        elif others:
            sources.append(among(self._connection, applications.c.namespace_id, others))
        found: dict[ApplicationId, ApplicationParts] = {}
        for source in sources:
            for parts in self._page(source, limit, after):
                found[parts.application.application_id] = parts
        ordered = sorted(found.values(), key=lambda parts: (parts.application.name, parts.application.application_id))
        return tuple(ordered[:limit])

    def _page(
        self, source: ColumnElement[bool], limit: int | None, after: tuple[str, ApplicationId] | None
    ) -> tuple[ApplicationParts, ...]:
        condition = source & (applications.c.phase != ApplicationPhase.DELETING.value)
        if after is not None:
            place = tuple_(applications.c.name, applications.c.application_id)
            condition &= place > tuple_(literal(after[0]), literal(after[1]))
        if limit is None:
            return self._load(condition)
        chosen = select(applications.c.application_id).where(condition)
        page = chosen.order_by(applications.c.name, applications.c.application_id).limit(limit)
        ids = list(self._connection.execute(page).scalars())
        return self._load(among(self._connection, applications.c.application_id, ids)) if ids else ()

    def all_named(self, name: str) -> tuple[ApplicationParts, ...]:
        """Those of that name, whoever owns them."""
        return self._load(applications.c.name == name)

    def owned(self, owner_id: UserId, namespace_id: NamespaceId | None = None) -> tuple[ApplicationParts, ...]:
        """All of an owner, or of one namespace of theirs, by name."""
        condition = applications.c.owner_id == owner_id
        if namespace_id is not None:
            condition &= applications.c.namespace_id == namespace_id
        return self._load(condition)

    def all(self) -> tuple[ApplicationParts, ...]:
        """Every application that is ready."""
        return self._load(applications.c.phase == ApplicationPhase.READY)

    def of_gears(self) -> tuple[ApplicationParts, ...]:
        """Every application, in whatever phase."""
        return self._load(true())

    def many(self, application_ids: Iterable[ApplicationId]) -> tuple[ApplicationParts, ...]:
        """Those of these ids that exist, rows held, always locked in the same order."""
        return self._load(among(self._connection, applications.c.application_id, application_ids), lock=True)

    def add(
        self, application: Application, groups: Sequence[GearGroup], cartridges: Sequence[InstalledCartridge]
    ) -> None:
        """Store a new application; raises `Conflict` when the namespace has that name already."""
        self._hold()
        row = {name: getattr(application, name) for name in _COLUMNS}
        try:
            self._connection.execute(insert(applications).values(**row))
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) == _REFERS_TO_NOTHING:
                raise Collided from error  # its namespace has gone meanwhile
            text = f"The supplied application name '{application.name}' already exists"
            raise Conflict(text, field="name", exit_code=100) from error
        # From here on the namespace's row is held, by the reference to it.
        if self._connection.execute(_NAMESPACE, {"wanted": application.namespace_id}).scalar() != application.namespace:
            raise Collided
        self._connection.execute(
            insert(gear_groups), [{name: getattr(group, name) for name in _GROUP_COLUMNS} for group in groups]
        )
        self._connection.execute(
            insert(application_cartridges),
            [_cartridge_row(application.application_id, cartridge) for cartridge in cartridges],
        )

    def add_cartridges(
        self, group: GearGroup | None, cartridges: Sequence[InstalledCartridge], application_id: ApplicationId
    ) -> None:
        """Store cartridges that come to an application, with their new group unless they join one that is there."""
        if group is not None:
            row = {name: getattr(group, name) for name in _GROUP_COLUMNS}
            self._connection.execute(insert(gear_groups).values(**row))
        rows = [_cartridge_row(application_id, cartridge) for cartridge in cartridges]
        self._connection.execute(insert(application_cartridges), rows)

    def remove_cartridge(self, application_id: ApplicationId, name: str, *, with_group: GroupId | None = None) -> None:
        """Remove a cartridge, and its group where that is left without any."""
        self._connection.execute(delete(application_cartridges).where(*_installed(application_id, name)))
        if with_group is not None:
            self._connection.execute(delete(gear_groups).where(gear_groups.c.group_id == with_group))

    def change_cartridge(self, application_id: ApplicationId, name: str, **values: object) -> None:
        """Set `running` or `data` of an installed cartridge."""
        this = _installed(application_id, name)
        self._connection.execute(update(application_cartridges).where(*this).values(**values))

    def save(self, before: ApplicationParts, after: ApplicationParts) -> ApplicationParts:
        """Store what differs, with the next generation; raises `ApplicationBusy` if another was faster."""
        generation = before.application.generation
        values = _changed(before.application, after.application, _COLUMNS) | {"generation": generation + 1}
        this = {"this_application": before.application.application_id, "before": generation}
        if self._connection.execute(_SAVE, {**this, **values}).rowcount != 1:
            raise ApplicationBusy
        # Groups come and go with their cartridges, which have methods of their own.
        known = {group.group_id: group for group in before.groups}
        for new in after.groups:
            changes = _changed(known.get(new.group_id), new, _GROUP_COLUMNS)
            if changes:
                self._connection.execute(_SAVE_GROUP, {"this_group": new.group_id, **changes})
        kept = tuple(dict.fromkeys(group.group_id for group in (*before.groups, *after.groups)))
        self._renewed(kept, generation, generation + 1)
        return replace(after, application=replace(after.application, generation=generation + 1))

    def delete(self, application_id: ApplicationId) -> None:
        """Remove the application with all that is its own."""
        own_gears = select(gears.c.gear_id).where(gears.c.application_id == application_id)
        self._connection.execute(delete(endpoints).where(endpoints.c.gear_id.in_(own_gears)))
        for table in (
            gears,
            application_cartridges,
            gear_groups,
            environment_variables,
            aliases,
            activations,
            deployments,
            applications,
        ):
            self._connection.execute(delete(table).where(table.c.application_id == application_id))

    def aliases(self, application_ids: Sequence[ApplicationId]) -> dict[ApplicationId, tuple[str, ...]]:
        """The aliases of these applications, sorted."""
        one = len(application_ids) == 1
        many = among(self._connection, aliases.c.application_id, application_ids)
        query = _ALIASES_OF if one else _ALIASES.where(many)
        rows = self._connection.execute(query, {"wanted": application_ids[0]} if one else {})
        found: dict[ApplicationId, list[str]] = defaultdict(list)
        for alias, application_id in rows:
            found[application_id].append(alias)
        return {application_id: tuple(names) for application_id, names in found.items()}

    def alias_owner(self, alias: str) -> ApplicationId | None:
        """Which application has the alias."""
        query = select(aliases.c.application_id).where(aliases.c.alias == alias)
        found: ApplicationId | None = self._connection.execute(query).scalar()
        return found

    def add_alias(self, application_id: ApplicationId, alias: str) -> None:
        """Store an alias; raises `Conflict` when any application has it."""
        try:
            self._connection.execute(insert(aliases).values(alias=alias, application_id=application_id))
        except IntegrityError as error:
            raise Conflict(f"Alias {alias} is already registered", field="id", exit_code=140) from error

    def remove_alias(self, application_id: ApplicationId, alias: str) -> None:
        """Remove an alias of this application."""
        self._connection.execute(
            delete(aliases).where(aliases.c.alias == alias, aliases.c.application_id == application_id)
        )

    def variables(self, application_id: ApplicationId) -> dict[str, str]:
        """All environment variables, by name."""
        query = (
            select(environment_variables.c.name, environment_variables.c.value)
            .where(environment_variables.c.application_id == application_id)
            .order_by(environment_variables.c.name)
        )
        return {name: value for name, value in self._connection.execute(query)}  # noqa: C416 rows are not pairs to mypy

    def variable(self, application_id: ApplicationId, name: str) -> str | None:
        """The value of one environment variable."""
        found: str | None = self._connection.execute(_VARIABLE, {"wanted": application_id, "called": name}).scalar()
        return found

    def set_variables(
        self, application_id: ApplicationId, values: Mapping[str, str], unset: Sequence[str] = ()
    ) -> None:
        """Set some variables and remove others, whatever was there."""
        gone = [*values, *unset]
        self._connection.execute(
            delete(environment_variables).where(
                environment_variables.c.application_id == application_id,
                environment_variables.c.name.in_(gone),
            )
        )
        if values:
            self._connection.execute(
                insert(environment_variables),
                [{"application_id": application_id, "name": name, "value": value} for name, value in values.items()],
            )
