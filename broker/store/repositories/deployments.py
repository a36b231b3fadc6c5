"""What was deployed to applications, and the certificates of their aliases."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from broker.core.deployment import MOST_ACTIVATIONS, Deployment, ReportedNews
from broker.core.errors import Conflict
from broker.core.ids import ApplicationId, CertificateId, DeploymentId
from broker.core.routing_table import RoutedCertificate
from broker.interfaces import AliasCertificate
from broker.store.among import among
from broker.store.tables import activations, aliases, deployments

_CERTIFICATES = select(
    aliases.c.certificate_id,
    aliases.c.application_id,
    aliases.c.alias,
    aliases.c.certificate,
    aliases.c.private_key,
    aliases.c.certificate_added_at.label("added_at"),
)
_NO_CERTIFICATE = {"certificate_id": None, "certificate": None, "private_key": None, "certificate_added_at": None}


_COLUMNS = tuple(column.name for column in deployments.columns if column.name != "application_id")


def _row(application_id: ApplicationId, deployment: Deployment) -> dict[str, Any]:
    return {"application_id": application_id, **{name: getattr(deployment, name) for name in _COLUMNS}}


class DeploymentRepository:
    """Deployments and their activations; each read is two statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_application(self, application_id: ApplicationId) -> tuple[Deployment, ...]:
        """All of an application with their activations, oldest first."""
        return self._load(application_id)

    def by_id(self, application_id: ApplicationId, deployment_id: str) -> Deployment | None:
        """One of an application."""
        return next(iter(self._load(application_id, deployment_id)), None)

    def highest_number(self, application_id: ApplicationId) -> int:
        """The number of the application's newest one, 0 without any."""
        query = select(func.max(deployments.c.number)).where(deployments.c.application_id == application_id)
        return self._connection.execute(query).scalar() or 0

    def _load(self, application_id: ApplicationId, deployment_id: str | None = None) -> tuple[Deployment, ...]:
        """All of an application, or one."""
        wanted = select(deployments).where(deployments.c.application_id == application_id)
        if deployment_id is not None:
            wanted = wanted.where(deployments.c.deployment_id == deployment_id)
        rows = self._connection.execute(wanted.order_by(deployments.c.number)).mappings()
        found = [dict(row) for row in rows]
        times: dict[str, list[str]] = defaultdict(list)
        # By time, because gears report late what they have activated; in one second in the order in which they came.
        query = (
            select(activations.c.deployment_id, activations.c.activated_at)
            .where(activations.c.application_id == application_id)
            .order_by(activations.c.activated_at, activations.c.number)
        )
        if deployment_id is not None:
            query = query.where(activations.c.deployment_id == deployment_id)
        for activated_id, at in self._connection.execute(query) if found else ():
            times[activated_id].append(at)
        for row in found:
            del row["application_id"]
        return tuple(Deployment(**row, activations=tuple(times[row["deployment_id"]])) for row in found)

    def add(self, application_id: ApplicationId, deployment: Deployment) -> None:
        """Store a deployment with its activations; raises `Conflict` when the application has its id."""
        try:
            self._connection.execute(insert(deployments).values(**_row(application_id, deployment)))
        except IntegrityError as error:
            raise Conflict(f"Deployment '{deployment.deployment_id}' exists already.") from error
        for at in deployment.activations:
            self.activate(application_id, deployment.deployment_id, at)

    def activate(self, application_id: ApplicationId, deployment_id: DeploymentId, at: str) -> None:
        """Note that it became the one that gears are to run."""
        self._add_activations(application_id, [(at, deployment_id)])
        self._keep_newest(application_id, deployment_id)

    def record(self, application_id: ApplicationId, news: ReportedNews) -> None:
        """Store what a report adds; no row of what was known is touched without need."""
        if news.added:
            self._connection.execute(insert(deployments), [_row(application_id, each) for each in news.added])
        for deployment_id, sha1 in news.commits.items():
            this = (deployments.c.application_id == application_id, deployments.c.deployment_id == deployment_id)
            self._connection.execute(update(deployments).where(*this).values(sha1=sha1))
        times = [(at, each.deployment_id) for each in news.added for at in each.activations]
        times += [(at, deployment_id) for deployment_id, each in news.activations.items() for at in each]
        self._add_activations(application_id, sorted(times))
        for deployment_id in news.activations:
            self._keep_newest(application_id, deployment_id)

    def _add_activations(self, application_id: ApplicationId, times: Sequence[tuple[str, DeploymentId]]) -> None:
        if not times:
            return
        last = select(func.max(activations.c.number)).where(activations.c.application_id == application_id)
        next_number = (self._connection.execute(last).scalar() or 0) + 1
        rows = [
            {"application_id": application_id, "number": number, "deployment_id": deployment_id, "activated_at": at}
            for number, (at, deployment_id) in enumerate(times, next_number)
        ]
        self._connection.execute(insert(activations), rows)

    def _keep_newest(self, application_id: ApplicationId, deployment_id: DeploymentId) -> None:
        this = (activations.c.application_id == application_id) & (activations.c.deployment_id == deployment_id)
        newest_first = (activations.c.activated_at.desc(), activations.c.number.desc())
        newest = select(activations.c.number).where(this).order_by(*newest_first).limit(MOST_ACTIVATIONS)
        self._connection.execute(delete(activations).where(this, activations.c.number.not_in(newest)))

    def remove(self, application_id: ApplicationId, deployment_ids: Collection[DeploymentId]) -> None:
        """Forget deployments with their activations."""
        for table in (activations, deployments):
            these = among(self._connection, table.c.deployment_id, deployment_ids)
            self._connection.execute(delete(table).where(table.c.application_id == application_id, these))


class AliasCertificateRepository:
    """Certificates, in the rows of their aliases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def added_at(self, application_ids: Collection[ApplicationId]) -> dict[ApplicationId, dict[str, str]]:
        """When the aliases of these applications were given theirs, by alias."""
        found: dict[ApplicationId, dict[str, str]] = defaultdict(dict)
        for row in self._of(application_ids, aliases.c.certificate_added_at):
            found[row.application_id][row.alias] = row.certificate_added_at
        return dict(found)

    def routed(self, application_ids: Collection[ApplicationId]) -> dict[ApplicationId, tuple[RoutedCertificate, ...]]:
        """The certificates of these applications as routers are told them; private keys are not read."""
        found: dict[ApplicationId, list[RoutedCertificate]] = defaultdict(list)
        rows = self._of(application_ids, aliases.c.certificate, aliases.c.certificate_id)
        for row in rows:
            told = RoutedCertificate(alias=row.alias, ssl=row.certificate, private_key_reference=row.certificate_id)
            found[row.application_id].append(told)
        return {application_id: tuple(each) for application_id, each in found.items()}

    def _of(self, application_ids: Collection[ApplicationId], *columns: Column[Any]) -> Sequence[Row[Any]]:
        """These columns of the certificates of these applications, behind application and alias."""
        query = select(aliases.c.application_id, aliases.c.alias, *columns).where(
            aliases.c.certificate_id.is_not(None), among(self._connection, aliases.c.application_id, application_ids)
        )
        return self._connection.execute(query).all()

    def by_id(self, certificate_id: CertificateId) -> AliasCertificate | None:
        """The certificate of that id."""
        query = _CERTIFICATES.where(aliases.c.certificate_id == certificate_id)
        row = self._connection.execute(query).mappings().first()
        return None if row is None else AliasCertificate(**row)

    def put(self, certificate: AliasCertificate) -> None:
        """Give an alias a certificate, in place of any that it had."""
        values = {
            "certificate_id": certificate.certificate_id,
            "certificate": certificate.certificate,
            "private_key": certificate.private_key,
            "certificate_added_at": certificate.added_at,
        }
        self._set(certificate.application_id, certificate.alias, values)

    def remove(self, application_id: ApplicationId, alias: str) -> None:
        """Take the certificate of an alias away."""
        self._set(application_id, alias, _NO_CERTIFICATE)

    def _set(self, application_id: ApplicationId, alias: str, values: dict[str, Any]) -> None:
        this = (aliases.c.application_id == application_id, aliases.c.alias == alias)
        self._connection.execute(update(aliases).where(*this).values(**values))
