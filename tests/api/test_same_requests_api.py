"""Which requests under an Idempotency-Key are the same, and which use it up."""

from dataclasses import replace

APPLICATIONS = "/broker/rest/domains/test/applications"
CREATION = "name=web&cartridge=php-5.4&scale=true"
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
REPLAYED = "Idempotency-Replayed"


def keyed(client, key=KEY, **more):
    return replace(client, headers={**client.headers, "Idempotency-Key": key, **more})


def test_the_same_parameters_are_the_same_request_in_whatever_form_and_order(demo):
    keyed(demo)("POST", APPLICATIONS, CREATION)

    for again in (
        keyed(demo)("POST", f"{APPLICATIONS}.json", "scale=true&cartridge=php-5.4&name=web"),
        keyed(demo)("POST", APPLICATIONS, json_body={"name": "web", "cartridge": "php-5.4", "scale": "true"}),
        keyed(demo, f'"{KEY}"')("POST", APPLICATIONS, CREATION),
    ):
        assert (again.status, again.headers[REPLAYED]) == (201, "true")


def test_a_number_or_truth_of_json_is_another_parameter_than_its_text(demo):
    keyed(demo)("POST", APPLICATIONS, CREATION)

    again = keyed(demo)("POST", APPLICATIONS, json_body={"name": "web", "cartridge": "php-5.4", "scale": True})

    assert (again.status, again.headers.get(REPLAYED)) == (422, None)


def test_a_request_that_cannot_be_read_does_not_use_its_key_up(demo):
    client = keyed(demo)
    broken = [
        client.send("POST", APPLICATIONS, data="{", content_type="application/json"),
        client.send("POST", APPLICATIONS, data="name", content_type="text/plain"),
        keyed(demo, Accept="text/html").send("POST", APPLICATIONS, data=CREATION),
    ]
    read = keyed(demo)("POST", APPLICATIONS, CREATION)

    assert [each.status_code for each in broken] == [400, 415, 406]
    assert (read.status, read.headers.get(REPLAYED)) == (201, None)
