"""The part of the table of the interface that is about what an application runs: deployments, settings, descriptor."""

from broker.api.resources import applications, deployments, inspection
from broker.api.schemas import deployments as schemas
from broker.api.schemas.applications import ApplicationSchema
from broker.api.url import Paths, Shape, Url, application


def deployment_urls() -> tuple[Url, ...]:
    """All of them; each is below an application."""
    return (*_deployments(), *_application())


def _deployments() -> tuple[Url, ...]:
    one = Shape(kind=deployments.ONE, schema=schemas.DeploymentSchema())
    many = Shape(kind=deployments.SEVERAL, schema=one.schema, many=True)
    collection = application("/deployments")
    return (
        Url("GET", collection, deployments.list_all, "List deployments", many, refusals=(404, 409), tagged=True),
        Url(
            "POST",
            collection,
            deployments.post,
            "Deploy code, or report which deployments gears have",
            one,
            other_shapes=(many,),
            form=schemas.DeploymentForm(),
            status=201,
            other_statuses=(200,),
            refusals=(404, 409, 422, 500),
            recall=deployments.show_posted,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "GET",
            application("/deployment/<deployment_id>", "/deployments/<deployment_id>"),
            deployments.show_one,
            "Show a deployment",
            one,
            refusals=(404, 409),
            tagged=True,
        ),
    )


def _application() -> tuple[Url, ...]:
    paths = application("/descriptor")
    # By its id an application has a descriptor in the singular only.
    by_names = tuple(path for path in paths.plural if not path.startswith("/applications/"))
    return (
        Url(
            "PUT",
            application(),
            inspection.update,
            "Change how the application is deployed",
            Shape(kind="application", schema=ApplicationSchema()),
            form=schemas.ApplicationUpdate(),
            refusals=(404, 409, 422, 500),
            recall=applications.show_changed,
            becomes_operation=True,
            conditional=True,
        ),
        Url(
            "GET",
            Paths(paths.current, by_names),
            inspection.show_descriptor,
            "Show what the application is made of, as YAML",
            Shape(kind="descriptor", plain="string"),
            refusals=(404, 409),
        ),
        Url(
            "GET",
            application("/dns_resolvable"),
            inspection.check_dns,
            "Ask whether the application's name is in DNS",
            Shape(kind="boolean", plain="boolean"),
            refusals=(404, 409),
        ),
    )
