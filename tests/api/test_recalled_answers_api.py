"""An answer that was not kept, because it has a secret or its process died, is made again with what it said."""

from dataclasses import replace

import pytest
from scenarios.held import AwayAfter

from broker.api.factory import make_wsgi_app
from broker.store.tables import answers

APPLICATIONS = "/broker/rest/domains/test/applications"
APPLICATION = "/broker/rest/application/testha"
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
REPLAYED = "Idempotency-Replayed"


def keyed(client, key=KEY):
    return replace(client, headers={**client.headers, "Idempotency-Key": key})


def test_a_new_application_is_answered_again_with_its_credentials(demo):
    form = "name=idem&cartridges[]=php-5.4&cartridges[]=mysql-5.5&scale=true"
    first = keyed(demo)("POST", APPLICATIONS, form)
    demo("POST", "/application/idem/cartridges", "name=postgresql-9.2")

    second = keyed(demo)("POST", APPLICATIONS, form)

    assert (first.status, second.status, second.headers[REPLAYED]) == (201, 201, "true")
    assert first.texts[0] == "Application idem was created."
    assert [each["severity"] for each in first.body["messages"]] == ["info", "result"]
    assert "Root Password" in first.texts[1]
    assert second.body["messages"] == first.body["messages"]


@pytest.mark.parametrize("form", ["name=mysql-5.5", "cartridges[]=mysql-5.5&cartridges[]=cron-1.4"])
def test_cartridges_that_were_added_are_answered_again_with_their_credentials(testha, form):
    first = keyed(testha)("POST", f"{APPLICATION}/cartridges", form)

    second = keyed(testha)("POST", f"{APPLICATION}/cartridges", form)

    assert (first.status, second.status, second.headers[REPLAYED]) == (201, 201, "true")
    assert first.texts[0].startswith("Added mysql-5.5")
    assert "Root Password" in first.texts[1]
    assert second.body == first.body


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", "/aliases", "id=www.shop.org"),
        ("POST", "/environment-variables", "name=A&value=1"),
        ("POST", "/environment-variables", "environment_variables[][name]=A&environment_variables[][value]=1"),
        ("PUT", "/environment-variable/STAGE", "value=2"),
        ("PUT", "/cartridge/ruby-1.9", "scales_to=5"),
    ],
)
def test_what_was_said_is_said_again_where_the_answer_was_lost(world, testha, method, path, form):
    testha("POST", f"{APPLICATION}/environment-variables", "name=STAGE&value=1")
    platform = world.embedded.platform
    away = replace(platform, unit_of_work=AwayAfter(platform.unit_of_work, 2))
    first = keyed(replace(testha, wsgi_app=make_wsgi_app(away, world.options)))(method, APPLICATION + path, form)
    with world.embedded.built.database.reading() as connection:
        assert connection.execute(answers.select()).mappings().one()["body"] is None

    second = keyed(testha)(method, APPLICATION + path, form)

    assert (second.status, second.headers[REPLAYED]) == (first.status, "true")
    assert second.texts == first.texts
