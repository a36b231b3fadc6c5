"""A request that works for each resource that takes a body, as the reference shows it."""

from collections.abc import Mapping
from typing import Final

Data = tuple[tuple[str, str], ...]
_MEMBER: Final[Data] = (("login", "colleague"), ("role", "edit"))
_VARIABLE: Final[Data] = (("name", "STAGE"), ("value", "production"))

# By method and first path.
BODIES: Final[Mapping[str, Data]] = {
    "POST /user/keys": (("name", "laptop"), ("type", "ssh-rsa"), ("content", "AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==")),
    "PUT /user/key/<key_name>": (("type", "ssh-rsa"), ("content", "AAAAB3NzaC1yc2EAAAADAQABAAAAgR==")),
    "POST /user/authorizations": (("scope", "read"), ("note", "for a script")),
    "PUT /user/authorization/<authorization>": (("note", "for another script"),),
    "POST /domains": (("name", "mydomain"),),
    "PUT /domain/<domain_id>": (("name", "newname"),),
    "POST /domain/<domain_id>/members": _MEMBER,
    "PATCH /domain/<domain_id>/members": _MEMBER,
    "PUT /domain/<domain_id>/member/<member_id>": (("role", "view"),),
    "POST /teams": (("name", "My team"),),
    "POST /team/<team_id>/members": (("login", "colleague"), ("role", "view")),
    "PATCH /team/<team_id>/members": (("login", "colleague"), ("role", "view")),
    "PUT /team/<team_id>/member/<member_id>": (("role", "view"),),
    "POST /applications": (
        ("domain_id", "mydomain"),
        ("name", "web"),
        ("cartridges[]", "php-5.4"),
        ("scale", "true"),
    ),
    "PUT /application/<application_id>": (("keep_deployments", "3"),),
    "POST /application/<application_id>/events": (("event", "scale-up"), ("by", "2")),
    "POST /application/<application_id>/cartridges": (("name", "cron-1.4"),),
    "PUT /application/<application_id>/cartridge/<cartridge_name>": (("scales_from", "1"), ("scales_to", "5")),
    "POST /application/<application_id>/cartridge/<cartridge_name>/events": (("event", "restart"),),
    "POST /application/<application_id>/gear/<gear_id>/events": (("event", "restart"),),
    "POST /application/<application_id>/aliases": (("id", "www.example.org"),),
    "PUT /application/<application_id>/alias/<alias>": (
        ("ssl_certificate", "@certificate.pem"),
        ("private_key", "@key.pem"),
    ),
    "POST /application/<application_id>/environment-variables": _VARIABLE,
    "PATCH /application/<application_id>/environment-variables": (
        ("environment_variables[][name]", "LANGUAGE"),
        ("environment_variables[][value]", "en"),
    ),
    "PUT /application/<application_id>/environment-variable/<name>": (("value", "test"),),
    "POST /application/<application_id>/deployments": (("ref", "master"),),
    "POST /operation/<operation_id>/events": (("event", "cancel"),),
}
