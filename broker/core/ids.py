"""Distinct types for the ids of distinct things, so that one cannot stand in for another unseen."""

from typing import NewType

UserId = NewType("UserId", str)
NamespaceId = NewType("NamespaceId", str)
ApplicationId = NewType("ApplicationId", str)
GroupId = NewType("GroupId", str)
GearId = NewType("GearId", str)
NodeId = NewType("NodeId", str)
OperationId = NewType("OperationId", str)
CommandId = NewType("CommandId", str)
AuthorizationId = NewType("AuthorizationId", str)
TeamId = NewType("TeamId", str)
DeploymentId = NewType("DeploymentId", str)
CertificateId = NewType("CertificateId", str)
