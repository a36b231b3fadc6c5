"""SSH keys: what is kept, what is refused and in which words."""

import json
from dataclasses import replace

import pytest

KEYS = "/broker/rest/user/keys"
TYPES = [
    "ssh-rsa",
    "ssh-dss",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa-cert-v00@openssh.com",
    "ssh-dss-cert-v00@openssh.com",
    "krb5-principal",
]
LAPTOP = {"name": "laptop", "type": "ssh-rsa", "content": "AAAAB3NzaC1yc2E="}
BAD_NAME = (
    "Invalid key name. Name can only contain alphanumeric characters, underscores, dashes, dots,"
    " as well as @ and + symbols."
)
BAD_TYPE = f"Invalid key type.  Valid types are {', '.join(TYPES)}"


def refusals(answer):
    return [(each["exit_code"], each["field"], each["text"]) for each in answer.body["messages"]]


def required(name, description, valid=()):
    return {
        "name": name,
        "type": "string",
        "description": description,
        "valid_options": list(valid),
        "invalid_options": [],
    }


def shown(name, content="AAAAB3NzaC1yc2E=", kind="ssh-rsa"):
    """A key in full, as every answer has it."""
    href = f"http://localhost/broker/rest/user/keys/{name}"
    params = [
        required("type", "Type of the SSH key", TYPES),
        required("content", "The key itself, without type and comment"),
    ]
    return {
        "name": name,
        "content": content,
        "type": kind,
        "links": {
            "GET": {
                "rel": "Show the SSH key",
                "method": "GET",
                "href": href,
                "required_params": [],
                "optional_params": [],
            },
            "UPDATE": {
                "rel": "Change the SSH key",
                "method": "PUT",
                "href": href,
                "required_params": params,
                "optional_params": [],
            },
            "DELETE": {
                "rel": "Remove the SSH key",
                "method": "DELETE",
                "href": href,
                "required_params": [],
                "optional_params": [],
            },
        },
    }


def told(text, kind=None, data=None, status="ok"):
    """A whole successful answer."""
    return {
        "api_version": 1.7,
        "version": "1.7",
        "supported_api_versions": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
        "status": status,
        "type": kind,
        "data": data,
        "messages": [{"severity": "info", "text": text, "exit_code": 0, "field": None, "index": None}],
    }


@pytest.fixture
def laptop(world):
    """The client of `demo`, who has the key `laptop`."""
    assert world.demo("POST", KEYS, json_body=LAPTOP).status == 201
    return world.demo


def test_a_key_is_added_shown_listed_changed_and_removed(world):
    none = world.demo("GET", KEYS)
    made = world.demo("POST", KEYS, json_body=LAPTOP)
    listed = world.demo("GET", KEYS)
    one = world.demo("GET", "/broker/rest/user/key/laptop")
    changed = world.demo("PUT", f"{KEYS}/laptop", json_body={"type": "ssh-dss", "content": "BBBB"})
    again = world.demo("GET", f"{KEYS}/laptop")
    gone = world.demo("DELETE", f"{KEYS}/laptop", json_body={})

    assert none.body == told("Found 0 ssh keys", "keys", [])
    assert (made.status, made.body) == (201, told("Created SSH key laptop", "key", shown("laptop"), "created"))
    assert (listed.status, listed.body) == (200, told("Found 1 ssh keys", "keys", [shown("laptop")]))
    assert (one.status, one.body) == (200, told("Found SSH key 'laptop'", "key", shown("laptop")))
    new = shown("laptop", "BBBB", "ssh-dss")
    assert (changed.status, changed.body) == (200, told("Updated SSH key laptop for user demo", "key", new))
    assert again.data == new
    assert (gone.status, gone.body) == (200, told("Removed SSH key laptop"))
    assert world.demo("GET", KEYS).data == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("nothing", "User ssh key 'nothing' not found."), ("a%20b", "Ssh key 'a b' not found.")],
    ids=["well-formed", "malformed"],
)
def test_a_key_that_is_not_there_is_not_found(laptop, method, name, text):
    answer = laptop(method, f"/broker/rest/user/key/{name}", json_body={"type": "nonsense"} if method == "PUT" else {})

    assert (answer.status, refusals(answer)) == (404, [(118, None, text)])


def test_a_key_is_its_owners_only(world, laptop):
    assert world.other("GET", KEYS).data == []
    assert world.other("DELETE", f"{KEYS}/laptop").status == 404
    assert world.other("POST", KEYS, json_body=LAPTOP).status == 201
    assert len(laptop("GET", KEYS).data) == 1


@pytest.mark.parametrize("ending", [".json", ".xml", ".yml", ".yaml", ".html", ".xhtml"])
def test_a_name_that_ends_like_a_format_is_refused(world, ending):
    answer = world.demo("POST", KEYS, json_body={**LAPTOP, "name": f"key{ending}"})

    assert (answer.status, refusals(answer)) == (
        422,
        [(None, None, f"SSH key name 'key{ending}' cannot end with {ending}")],
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"name": ""},
            [
                (117, "name", "Key name is required and cannot be blank."),
                (117, "name", BAD_NAME),
                (117, "name", "Must be a minimum of 1 and maximum of 256 characters."),
            ],
        ),
        ({"name": "my key"}, [(117, "name", BAD_NAME)]),
        ({"name": "ключ"}, [(117, "name", BAD_NAME)]),
        ({"name": "a/b"}, [(117, "name", BAD_NAME)]),
        ({"name": "k" * 257}, [(117, "name", "Must be a minimum of 1 and maximum of 256 characters.")]),
        ({"name": ".hidden"}, [(117, "name", 'Invalid key name. Name cannot start with "."')]),
        (
            {"type": None},
            [(116, "type", "Key type is required and cannot be blank."), (116, "type", BAD_TYPE)],
        ),
        ({"type": "ssh-unknown"}, [(116, "type", BAD_TYPE)]),
        (
            {"content": " "},
            [
                (108, "content", "Key content is required and cannot be blank."),
                (108, "content", "Invalid key content."),
            ],
        ),
        ({"content": "ssh-rsa AAAA demo@laptop"}, [(108, "content", "Invalid key content.")]),
        ({"content": "AAAA\n"}, [(108, "content", "Invalid key content.")]),
        ({"content": "A" * 65_537}, [(108, "content", "Key content is not valid.")]),
        ({"type": "krb5-principal", "content": "# comment"}, [(108, "content", "Invalid key content.")]),
        ({"type": "krb5-principal", "content": "one\ntwo"}, [(108, "content", "Invalid key content.")]),
        ({"content": [7]}, [(None, "content", "Invalid value for 'content': a string is expected.")]),
    ],
)
def test_each_thing_that_is_wrong_with_a_key_is_said(world, given, expected):
    answer = world.demo("POST", KEYS, json_body={**LAPTOP, **given})

    assert (answer.status, refusals(answer)) == (422, expected)
    assert world.demo("GET", KEYS).data == []


def test_a_key_without_anything_is_told_everything(world):
    answer = world.demo("POST", KEYS, json_body={})

    assert [each["field"] for each in answer.body["messages"]] == [
        *["name"] * 3,
        *["type"] * 2,
        *["content"] * 2,
    ]


@pytest.mark.parametrize("name", ["a", "k" * 256, "me@laptop", "a+b_c.d-e", "-", "0"])
def test_a_good_name_leads_to_its_key(world, name):
    made = world.demo("POST", KEYS, json_body={**LAPTOP, "name": name})

    path = made.data["links"]["GET"]["href"].removeprefix("http://localhost")
    assert world.demo("GET", path).data["name"] == name


def test_a_kerberos_principal_is_a_line_of_text(world):
    given = {"name": "realm", "type": "krb5-principal", "content": "demo/admin@EXAMPLE.COM"}

    assert world.demo("POST", KEYS, json_body=given).status == 201


def test_the_operator_says_which_types_there_are(make_world):
    world = make_world(valid_ssh_key_types=("ssh-ed25519",))

    assert world.demo("POST", KEYS, json_body={**LAPTOP, "type": "ssh-ed25519"}).status == 201
    assert refusals(world.demo("POST", KEYS, json_body={**LAPTOP, "name": "two"})) == [
        (116, "type", "Invalid key type.  Valid types are ssh-ed25519")
    ]
    (link,) = (each for name, each in world.demo("GET", "/user").data["links"].items() if name == "ADD_KEY")
    assert [(each["name"], each["valid_options"]) for each in link["required_params"]] == [
        ("name", []),
        ("type", ["ssh-ed25519"]),
        ("content", []),
    ]


def test_a_name_or_a_content_that_is_there_already_is_a_conflict(laptop):
    same_name = laptop("POST", KEYS, json_body={**LAPTOP, "content": "BBBB"})
    same_content = laptop("POST", KEYS, json_body={**LAPTOP, "name": "other"})

    assert (same_name.status, refusals(same_name)) == (
        409,
        [
            (
                120,
                "name",
                "SSH key with name laptop already exists. Use a different name or delete conflicting key and retry.",
            )
        ],
    )
    assert (same_content.status, refusals(same_content)) == (
        409,
        [
            (
                121,
                "content",
                "Given public key is already in use. Use different key or delete conflicting key and retry.",
            )
        ],
    )


def test_a_key_cannot_be_made_the_same_as_another_but_as_itself(laptop):
    laptop("POST", KEYS, json_body={**LAPTOP, "name": "two", "content": "BBBB"})

    refused = laptop("PUT", f"{KEYS}/two", json_body=LAPTOP)
    same = laptop("PUT", f"{KEYS}/laptop", json_body=LAPTOP)

    assert (refused.status, refused.first["exit_code"], same.status) == (409, 121, 200)


def test_a_change_says_each_thing_that_is_wrong_and_changes_nothing(laptop):
    answer = laptop("PUT", f"{KEYS}/laptop", json_body={})

    assert (answer.status, [each["field"] for each in answer.body["messages"]]) == (422, ["type"] * 2 + ["content"] * 2)
    assert laptop("GET", f"{KEYS}/laptop").data == shown("laptop")


def test_a_key_is_changed_only_while_it_is_what_the_client_has_seen(laptop):
    tag = laptop("GET", f"{KEYS}/laptop").headers["ETag"]
    careful = replace(laptop, headers={"If-Match": tag})

    first = careful("PUT", f"{KEYS}/laptop", json_body={**LAPTOP, "content": "BBBB"})
    late = careful("PUT", f"{KEYS}/laptop", json_body={**LAPTOP, "content": "CCCC"})
    gone = careful("DELETE", f"{KEYS}/laptop")
    now = replace(laptop, headers={"If-Match": first.headers["ETag"]})

    assert (first.status, late.status, gone.status) == (200, 412, 412)
    assert laptop("GET", f"{KEYS}/laptop").data["content"] == "BBBB"
    assert now("DELETE", f"{KEYS}/laptop").status == 200


def test_a_key_that_is_added_twice_under_one_idempotency_key_is_added_once(world):
    keyed = replace(world.demo, headers={"Idempotency-Key": "one"})

    first, second = keyed("POST", KEYS, json_body=LAPTOP), keyed("POST", KEYS, json_body=LAPTOP)

    assert (first.status, second.status, second.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert second.body == first.body


def test_keys_come_as_xml_and_without_links_too(laptop):
    assert "<name>laptop</name>" in laptop.send("GET", f"{KEYS}.xml").text
    assert "links" not in laptop("GET", f"{KEYS}?nolinks=true").data[0]


def test_links_to_keys_are_plural_in_every_version(world, laptop):
    for version in ("1.0", "1.3", "1.6", "1.7"):
        client = replace(laptop, headers={"Accept": f"application/json;version={version}"})
        (key,) = client("GET", KEYS).data
        assert json.dumps(key["links"]).count("/broker/rest/user/keys/laptop") == 3, version


def test_an_older_client_is_answered_a_removal_without_a_body(laptop):
    client = replace(laptop, headers={"Accept": "application/json;version=1.4"})

    response = client.send("DELETE", f"{KEYS}/laptop")

    assert (response.status_code, response.data) == (204, b"")
