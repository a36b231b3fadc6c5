"""What tests of deployments share: addresses, messages and refusals."""

APPLICATION = "/broker/rest/domain/test/application/testha"
DEPLOYMENTS = f"{APPLICATION}/deployments"
GROUPS = f"{APPLICATION}/gear_groups"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
BINARY = {"deployment_type": "binary", "keep_deployments": 5}


def info(text):
    return [{"severity": "info", "text": text, "exit_code": 0, "field": None, "index": None}]


def error(text, exit_code, field=None):
    return [{"severity": "error", "text": text, "exit_code": exit_code, "field": field, "index": None}]


def gears(client):
    return client("GET", GROUPS).data[0]["gears"]


REF = (
    "The ref is not well-formed. Git ref must be less than 256 characters."
    " See also git-check-ref-format man page for rules."
)
BOTH = "Cannot specify a git deployment and a binary artifact deployment"
NEITHER = "Must specify a git deployment or a binary artifact deployment"
NO_BINARY = "The binary artifact provided is not compatible with the app deployment type, 'git'."
URL = "http://example.com/app.tgz"
REPORTED = {
    "id": "feed0001",
    "ref": "pushed",
    "sha1": "0123456789abcdef0123456789abcdef01234567",
    "created_at": "4070908800.25",
    "hot_deploy": "true",
    "force_clean_build": False,
    "activations": [4070908801.5, "2099-01-01T00:00:05.123Z"],
}
