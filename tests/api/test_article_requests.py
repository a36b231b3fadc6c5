"""The requests that administrators know from the field, as they are written there."""

import base64
import json

BASE = "/broker/rest"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"demo:password").decode()}


def test_make_ha_answers_that_the_application_is_now_ha(testha):
    # curl -k -X POST https://broker.example.com/broker/rest/domains/test/applications/testha/events
    #      --user demo:password --data-urlencode event=make-ha
    response = testha.wsgi_app.test_client().post(
        f"{BASE}/domains/test/applications/testha/events", data={"event": "make-ha"}, headers=BASIC
    )

    body = json.loads(response.data)
    assert response.status_code == 200
    assert body["messages"] == [
        {"exit_code": 0, "field": None, "index": None, "severity": "info", "text": "Application testha is now ha"}
    ]
    assert body["status"] == "ok"


def test_after_make_ha_the_second_gear_carries_the_load_balancer_too(testha):
    testha("POST", f"{BASE}/domains/test/applications/testha/events", "event=make-ha")

    shown = testha("GET", f"{BASE}/domains/test/applications/testha")
    groups = testha("GET", f"{BASE}/domains/test/applications/testha/gear_groups?include=endpoints")

    assert (shown.data["ha"], shown.data["gear_count"]) == (True, 2)
    assert [balancers(gear) for gear in groups.data[0]["gears"]] == [1, 1]


def test_a_third_gear_carries_the_web_framework_only(testha):
    testha("POST", f"{BASE}/domains/test/applications/testha/events", "event=make-ha")
    testha("POST", f"{BASE}/domains/test/applications/testha/events", "event=scale-up")

    groups = testha("GET", f"{BASE}/domains/test/applications/testha/gear_groups?include=endpoints")

    assert [balancers(gear) for gear in groups.data[0]["gears"]] == [1, 1, 0]


def test_endpoints_of_the_load_balancer_have_the_fields_names_and_string_ports(testha):
    # curl -k -u demo:password https://broker.example.com/broker/rest/domains/test/applications/testha/
    #      gear_groups?include=endpoints | python -mjson.tool
    groups = testha("GET", f"{BASE}/domains/test/applications/testha/gear_groups?include=endpoints")

    (endpoint,) = [each for each in groups.data[0]["gears"][0]["endpoints"] if each["cartridge_name"] == "haproxy-1.4"]
    assert sorted(endpoint) == [
        "cartridge_name",
        "external_address",
        "external_port",
        "internal_address",
        "internal_port",
        "mappings",
        "protocols",
        "types",
    ]
    assert endpoint["types"] == ["load_balancer"]
    assert endpoint["internal_port"] == "8080"
    assert endpoint["external_port"].isdigit()


def test_an_ha_application_cannot_be_limited_to_one_gear(testha):
    # rhc scale-cartridge -a testha ruby --min 1 --max 1
    testha("POST", f"{BASE}/domains/test/applications/testha/events", "event=make-ha")

    refused = testha("PUT", f"{BASE}/domain/test/application/testha/cartridge/ruby-1.9", "scales_from=1&scales_to=1")

    assert refused.status == 422
    assert refused.texts == ["Cannot set the max gear limit to '1' if the application is HA (highly available)"]


def test_the_load_balancer_cannot_be_scaled_by_itself(testha):
    refused = testha("PUT", f"{BASE}/domain/test/application/testha/cartridge/haproxy-1.4", "scales_from=2&scales_to=2")

    assert (refused.status, refused.first["exit_code"]) == (422, 168)
    assert refused.texts == ["The cartridge haproxy-1.4 cannot be scaled."]


def test_disable_ha_keeps_the_gears(testha):
    testha("POST", f"{BASE}/domains/test/applications/testha/events", "event=enable-ha")

    done = testha("POST", f"{BASE}/domains/test/applications/testha/events", "event=disable-ha")

    assert done.texts == ["Application testha is now not ha"]
    assert (done.data["ha"], done.data["gear_count"]) == (False, 2)


def balancers(gear):
    return sum("load_balancer" in endpoint["types"] for endpoint in gear["endpoints"])
