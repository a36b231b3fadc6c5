"""What can be done with what an application runs: deployments, and how they are made."""

from broker.api.links import Link, Param
from broker.usecases.deployment_config import MOST_DEPLOYMENTS, TYPES, DeploymentConfig

_USUAL = DeploymentConfig()
_ID = Param(name="deployment_id", description="The deployment")


def deployment_links(path: str) -> tuple[Link, ...]:
    """The links of the application at that path that are about its deployments."""
    collection = f"{path}/deployments"
    return (
        Link(
            name="DEPLOY",
            rel="Deploy code",
            method="POST",
            path=collection,
            optional=(
                Param(name="ref", description="Branch, tag or commit", default=_USUAL.deployment_branch),
                Param(name="artifact_url", description="URL of a binary artifact, .tgz or .tar.gz"),
                Param(name="hot_deploy", type="boolean", description="Without a restart", default=False),
                Param(name="force_clean_build", type="boolean", description="From nothing", default=False),
            ),
        ),
        Link(
            name="UPDATE_DEPLOYMENTS",
            rel="Report which deployments gears have",
            method="POST",
            path=collection,
            required=(Param(name="deployments", type="array", description="All of them"),),
        ),
        Link(
            name="ACTIVATE",
            rel="Let gears run a deployment",
            method="POST",
            path=f"{path}/events",
            required=(Param(name="event", description="The event", valid=("activate",)), _ID),
        ),
        Link(name="LIST_DEPLOYMENTS", rel="List its deployments", path=collection),
        Link(
            name="UPDATE",
            rel="Change how the application is deployed",
            method="PUT",
            path=path,
            optional=(
                Param(name="auto_deploy", type="boolean", description="Deploy what is pushed"),
                Param(name="deployment_type", description="What is deployed", valid=TYPES),
                Param(name="deployment_branch", description="The branch that is deployed when it is pushed"),
                Param(name="keep_deployments", type="integer", description=f"How many are kept, to {MOST_DEPLOYMENTS}"),
            ),
        ),
    )
