"""What tests of logins have in common: a clock that is set by hand, and clients with a token."""

from dataclasses import dataclass, replace

from broker.api.factory import make_wsgi_app

AUTHORIZATIONS = "/broker/rest/user/authorizations"
NOON = 1_800_000_000  # 2027-01-15T08:00:00Z


@dataclass
class SetClock:
    """Time as the test says."""

    at: float = NOON

    def now(self) -> float:
        return self.at


def at_noon(world, **options):
    """The world's `demo` over an API with a clock of its own, and that clock."""
    clock = SetClock()
    platform = replace(world.embedded.platform, clock=clock)
    wsgi_app = make_wsgi_app(platform, replace(world.options, **options))
    return replace(world.demo, wsgi_app=wsgi_app), clock


def token_client(client, **wish):
    """The same client with a new token in its password's place."""
    made = client("POST", AUTHORIZATIONS, json_body=wish)
    assert made.status == 201, made.texts
    return with_token(client, made.data["token"])


def with_token(client, token):
    return replace(client, login=None, headers={**client.headers, "Authorization": f"Bearer {token}"})
