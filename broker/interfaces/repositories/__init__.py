"""What is kept, as collections: one protocol for each kind of thing that the database holds."""

from broker.interfaces.repositories.accounts import Authorizations, Keys, Members, Namespaces, Teams, Users
from broker.interfaces.repositories.applications import AliasCertificates, Applications, Deployments, Gears, Nodes
from broker.interfaces.repositories.events import EventLog, NameChanges, Names, Retention
from broker.interfaces.repositories.work import Agreements, Answers, Commands, OperationHistory, Operations, Processes

__all__ = [
    "Agreements",
    "AliasCertificates",
    "Answers",
    "Applications",
    "Authorizations",
    "Commands",
    "Deployments",
    "EventLog",
    "Gears",
    "Keys",
    "Members",
    "NameChanges",
    "Names",
    "Namespaces",
    "Nodes",
    "OperationHistory",
    "Operations",
    "Processes",
    "Retention",
    "Teams",
    "Users",
]
