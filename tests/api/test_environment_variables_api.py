import pytest

VARIABLES = "/broker/rest/application/testha/environment-variables"
VARIABLE = "/broker/rest/application/testha/environment-variable"


def test_a_variable_is_added_shown_changed_and_removed(testha):
    added = testha("POST", VARIABLES, json_body={"name": "FOO", "value": ""})
    changed = testha("PUT", f"{VARIABLE}/FOO", json_body={"value": "baz", "name": "OTHER"})
    shown = testha("GET", f"{VARIABLE}/FOO")
    listed = testha("GET", VARIABLES)
    removed = testha("DELETE", f"{VARIABLE}/FOO", json_body={})
    again = testha("DELETE", f"{VARIABLE}/FOO", json_body={})

    assert (added.status, added.body["type"], added.data["value"]) == (201, "environment-variable", "")
    assert added.texts == ["Added environment variable 'FOO' to application testha"]
    assert changed.texts == ["Updated environment variable 'FOO' in application testha"]
    assert (shown.data["name"], shown.data["value"]) == ("FOO", "baz")
    assert (listed.body["type"], [each["name"] for each in listed.data]) == ("environment-variables", ["FOO"])
    assert listed.texts == ["Listing environment variables for application testha"]
    assert (removed.status, again.status) == (200, 200)
    assert again.texts == ["Removed environment variable 'FOO' from application testha"]
    assert testha("GET", f"{VARIABLE}/FOO").first["exit_code"] == 188


@pytest.mark.parametrize("path", [VARIABLES, VARIABLES.replace("-", "_")])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_several_are_set_and_unset_at_once(testha, path, method):
    testha("POST", VARIABLES, "name=OLD&value=1")

    wish = {"environment_variables": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "OLD"}]}
    done = testha(method, path, json_body=wish)

    assert (done.status, done.body["type"]) == (201, "environment-variables")
    assert done.texts == ["Patched environment variables for application testha"]
    assert [(each["name"], each["value"]) for each in done.data] == [("A", "1"), ("B", "2")]
    assert [each["name"] for each in testha("GET", path).data] == ["A", "B"]


def test_a_form_with_brackets_sets_several_too(testha):
    form = (
        "environment_variables[][name]=A&environment_variables[][value]=1"
        "&environment_variables[][name]=B&environment_variables[][value]=2"
    )
    done = testha("PATCH", VARIABLES, form)

    assert [(each["name"], each["value"]) for each in done.data] == [("A", "1"), ("B", "2")]


def test_one_that_exists_is_not_added_again(testha):
    testha("POST", VARIABLES, "name=A&value=1")

    refused = testha("POST", VARIABLES, "name=A&value=2")

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 188, None)
    assert refused.texts == ["Environment variable named 'A' already exists in application"]


SEVERAL = "environment_variables"
REFUSED = [
    ({}, 186, None, "Specify parameters 'name'/'value' or 'environment_variables'"),
    ({"name": "A", "value": "1", SEVERAL: [{"name": "B", "value": "2"}]}, 186, None, None),
    ({SEVERAL: "A=1"}, 186, SEVERAL, "Invalid environment variables: expected array of hashes"),
    ({SEVERAL: [{"value": "1"}]}, 186, SEVERAL, None),
    ({SEVERAL: [{"name": "A", "value": "1", "x": 1}]}, 186, SEVERAL, None),
    (
        {SEVERAL: [{"name": "A", "value": "1"}, {"name": "A"}]},
        188,
        SEVERAL,
        "Invalid environment variable name A: specified multiple times",
    ),
    ({"name": "A" * 129, "value": "1"}, 188, "name", "Name must be 128 characters or less."),
    ({"name": "1A", "value": "1"}, 188, "name", None),
    ({"name": "A"}, 190, "value", "Value not specified for environment variable 'A'"),
    ({"name": "A", "value": "x" * 513}, 190, SEVERAL, "Value must be 512 characters or less."),
    ({"name": "A", "value": "x" * 4096}, 190, SEVERAL, "Value must be 512 characters or less."),
    ({"name": "A", "value": "x" * 4097}, 190, "value", "Value must be 4096 characters or less."),
    ({"name": "A", "value": "x" * 4096 + "\0"}, 190, "value", "Value must be 4096 characters or less."),
    ({"name": "A", "value": "x" * 600 + "\0"}, 190, "value", "Value cannot contain null characters."),
    ({SEVERAL: [{"name": "A", "value": "x" * 4097}]}, 190, SEVERAL, "Value must be 512 characters or less."),
    ({"name": "A", "value": "a\\000b"}, 190, "value", "Value cannot contain null characters."),
    ({"name": "A", "value": "a\0b"}, 190, "value", "Value cannot contain null characters."),
    ({"name": "A", "value": True}, 190, "value", "Value must be a string."),
    ({"name": "A", "value": ["1"]}, 190, "value", "Value must be a string."),
    ({SEVERAL: [{"name": "A", "value": False}]}, 190, SEVERAL, "Value must be a string."),
    ({SEVERAL: [{"name": True, "value": "1"}]}, 186, SEVERAL, None),
    ({SEVERAL: [{"name": 5, "value": "1"}]}, 188, SEVERAL, None),
]


def test_a_number_is_taken_as_its_text(testha):
    testha("POST", VARIABLES, json_body={"name": "ONE", "value": 5})
    several = [{"name": "TWO", "value": 1.5}, {"name": "THREE", "value": 10**400}]
    testha("PATCH", VARIABLES, json_body={SEVERAL: several})
    key = testha("POST", "/user/keys", json_body={"name": 123, "type": "ssh-rsa", "content": "AAAA"})

    shown = {each["name"]: each["value"] for each in testha("GET", VARIABLES).data}
    assert shown == {"ONE": "5", "TWO": "1.5", "THREE": "1" + "0" * 400}
    assert key.data["name"] == "123"


@pytest.mark.parametrize(("wish", "exit_code", "field", "text"), REFUSED)
def test_a_wish_that_breaks_a_rule_sets_nothing(testha, wish, exit_code, field, text):
    refused = testha("PATCH", VARIABLES, json_body=wish)

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, exit_code, field)
    assert text is None or refused.texts == [text]
    assert testha("GET", VARIABLES).data == []


@pytest.mark.parametrize(
    ("length", "field", "most"), [(513, SEVERAL, 512), (4096, SEVERAL, 512), (4097, "value", 4096)]
)
def test_a_variable_is_not_given_a_value_that_is_too_long(testha, length, field, most):
    testha("POST", VARIABLES, "name=A&value=1")

    refused = testha("PUT", f"{VARIABLE}/A", json_body={"value": "x" * length})

    assert (refused.status, refused.first["exit_code"], refused.first["field"]) == (422, 190, field)
    assert refused.texts == [f"Value must be {most} characters or less."]


def test_one_that_does_not_exist_cannot_be_shown_or_changed(testha):
    for method, form in (("GET", None), ("PUT", "value=1")):
        refused = testha(method, f"{VARIABLE}/NONE", form)
        assert (refused.status, refused.first["exit_code"]) == (404, 188), method
        assert refused.texts == ["User environment variable named 'NONE' not found in application"], method
