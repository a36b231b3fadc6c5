"""The pages for people: that they are whole, that nothing gets into them as HTML, and who is shown what."""

import re
import shlex
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from api.conftest import QUICK_HASH, Client
from api.test_statement_counts_api import counted

from broker.api.negotiation import prefers_page
from broker.api.page import templates
from broker.usecases.accounts import change_user, create_user

CONSOLE = "/broker/rest/console"
VOID = {"meta", "br", "hr", "img", "link", "input"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@dataclass
class Page(HTMLParser):
    """A page taken apart; whatever is not closed in the order it was opened is noted."""

    source: str
    opened: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()
        self.wrong += self.opened

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "pre":
            self.lines.append("")
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag):
        if not self.opened or self.opened.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data):
        if self.opened[-1:] == ["style"]:
            return
        self.text += data
        if "pre" in self.opened:
            self.lines[-1] += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def hrefs(self) -> list[str]:
        return [str(each["href"]) for each in self.all("a")]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def page_of(client: Client, path: str) -> Page:
    response = client.send("GET", path)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8"), response.text[:500]
    return Page(response.text)


def place_of(client: Client, name: str = "testha") -> str:
    return f"{CONSOLE}/application/{client('GET', f'/application/{name}').data['id']}"


def send_curl(client: Client, line: str):
    """The request that the line makes, of whatever broker it names."""
    words = shlex.split(line)
    assert words.pop(0) == "curl"
    method, data = None, []
    while len(words) > 1:
        option, value = words.pop(0), words.pop(0)
        if option == "-X":
            method = value
        elif option == "-d":
            data.append(value)
        else:
            assert option == "-u"
    method = method or ("POST" if data else "GET")
    form = "&".join(data) if data else None
    return client(method, urlsplit(words[0]).path, form)


@pytest.fixture
def pages(testha) -> list[str]:
    testha("POST", "/application/testha/events", "event=make-ha")
    return ["/", "/broker/rest/reference", CONSOLE, place_of(testha)]


def test_every_page_is_whole_and_can_be_read_without_seeing_it(testha, pages):
    for path in pages:
        page = page_of(testha, path)

        assert page.wrong == [], path
        assert page.all("html") == [{"lang": "en"}], path
        assert len(page.all("h1")) == len(page.all("title")) == len(page.all("main")) == 1, path
        assert all(each.get("scope") in {"row", "col"} for each in page.all("th")), path
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), path


def test_no_page_runs_or_loads_or_sends_anything(testha, pages):
    for path in pages:
        page = page_of(testha, path)

        assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "form", "input", "button"}, path
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")], path


def test_every_link_of_a_page_leads_somewhere(testha, pages):
    for path in pages:
        page = page_of(testha, path)
        ids = {attributes.get("id") for _, attributes in page.tags}
        for href in set(page.hrefs):
            if href.startswith("#"):
                assert href[1:] in ids, (path, href)
            elif href.startswith("/"):
                assert testha.send("GET", href).status_code == 200, (path, href)
            else:
                assert href in {"http://testha-test.example.com/", "http://ha-testha-test.example.com/"}, (path, href)


def test_a_page_has_a_head_and_no_body_where_only_that_is_asked_for(testha, pages):
    for path in pages:
        response = testha.send("HEAD", path)

        assert (response.status_code, response.mimetype, response.data) == (200, "text/html", b""), path


def test_the_console_asks_for_a_login_as_browsers_do_it(world, testha):
    for path in (CONSOLE, place_of(testha)):
        response = replace(world.nobody, headers={"Accept": BROWSER}).send("GET", path)

        assert response.status_code == 401, path
        assert response.headers["WWW-Authenticate"] == 'Basic realm="gearbroker"', path


def test_nobody_is_shown_what_is_another_s(world, testha):
    refused = world.other.send("GET", place_of(testha))
    page = page_of(world.other, CONSOLE)

    assert refused.status_code == 404
    assert "There are none yet." in page.words
    assert "test" not in page.words.split()


def test_a_member_is_shown_the_application_and_whose_it_is(world, testha):
    assert testha("POST", "/domain/test/members", "login=other&role=view").status == 200

    assert "testha test" in page_of(world.other, CONSOLE).words
    assert "in domain test of demo" in page_of(world.other, place_of(testha)).words


def test_a_token_for_one_application_shows_this_one_and_not_the_account(world, testha):
    assert testha("POST", "/domain/test/applications", "name=second&cartridges[]=php-5.4").status == 201
    found = testha("GET", "/application/testha").data["id"]
    token = testha("POST", "/user/authorizations", f"scope=application/{found}/view").data["token"]

    page = page_of(Client(world.wsgi_app, None, {"Authorization": f"Bearer {token}"}), CONSOLE)

    assert "testha" in page.words
    assert not {"second", "Domains", "100"} & set(page.words.split())


def test_the_list_says_in_words_how_each_application_stands_and_how_much_quota_is_left(world, testha):
    testha("POST", "/domain/test/applications", "name=second&cartridges[]=php-5.4&scale=true&ha=true")

    page = page_of(testha, CONSOLE)

    assert "3 of 100 gears of your own are in use" in page.words
    assert re.search(r"second test .Highly available [-\d]+ [:\d]+ php-5.4 2", page.words)
    assert re.search(r"testha test .Not highly available [-\d]+ [:\d]+ ruby-1.9 1", page.words)
    assert "test you 2 3 97" in page.words


def test_a_long_list_is_shown_a_page_at_a_time_to_its_end(testha):
    for number in range(4):
        testha("POST", "/domain/test/applications", f"name=web{number}&cartridges[]=php-5.4")

    path, seen = f"{CONSOLE}?limit=2", []
    while path:
        page = page_of(testha, path)
        found = [each for each in page.hrefs if each.startswith(f"{CONSOLE}/application/")]
        assert len(found) <= 2
        seen += found
        path = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), None)

    assert len(seen) == len(set(seen)) == 5


def test_an_application_that_is_not_ha_says_which_rule_fails_and_what_would_help(testha):
    verdict = testha("GET", "/application/testha/ha").data

    words = page_of(testha, place_of(testha)).words

    assert "Not highly available since" in words
    for rule in verdict["failed_rules"]:
        assert " ".join(rule["text"].split()) in words
        assert " ".join(rule["advice"].split()) in words


def test_an_ha_application_says_what_it_survives_and_where_it_is(testha, pages):
    words = page_of(testha, pages[-1]).words

    assert "Highly available since" in words
    assert "Loss of a node any one node may be lost" in words
    assert "Loss of a zone any one zone may be lost" in words
    assert "Behind routers http://ha-testha-test.example.com/" in words
    assert "Load balancers 2 of 2 wanted" in words


def test_a_gear_that_was_taken_out_of_rotation_is_shown_so(testha, pages):
    gear = testha("GET", "/application/testha/gear_groups").data[0]["gears"][1]["id"]
    assert testha("POST", f"/application/testha/gear/{gear}/events", "event=rotate-out&timeout=600").status == 200

    assert re.search(rf"{gear} started \w+ \w+ yes draining \w+", page_of(testha, pages[-1]).words)


def test_the_latest_operations_are_shown_with_their_states(testha, pages):
    words = page_of(testha, pages[-1]).words

    assert re.search(r"enable ha completed [-\d]+ [:\d]+ [-\d]+ [:\d]+ create application completed", words)


def test_what_an_application_keeps_secret_is_on_no_page(testha):
    testha("POST", "/application/testha/environment-variables", "name=STAGE&value=hush-hush")
    testha("POST", "/application/testha/cartridges", "name=mysql-5.5")
    told = testha("GET", "/application/testha/cartridge/mysql-5.5").data["properties"]

    source = page_of(testha, place_of(testha)).source

    assert "mysql-5.5" in source
    for secret in ("hush-hush", *(str(each["value"]) for each in told if "password" in each["name"])):
        assert secret not in source


def test_the_lines_to_be_copied_do_what_is_said_above_them(testha, pages):
    lines = page_of(testha, pages[-1]).lines

    (up,) = (line for line in lines if "event=scale-up" in line)
    assert send_curl(testha, up).data["gear_count"] == 3
    for event in ("stop", "start", "restart", "disable-ha"):
        (line,) = (line for line in lines if f" event={event} " in line and "/gear/" not in line)
        assert send_curl(testha, line).status == 200, line
    assert send_curl(testha, lines[-1]).data["name"] == "testha"
    (delete,) = (line for line in lines if line.startswith("curl -u demo -X DELETE") and "/gear/" not in line)
    assert send_curl(testha, delete).status == 200


@pytest.mark.parametrize("login", ["<script>alert(1)</script>", "\"><b onclick='x'>", "'; rm -rf / #", "{{ 7 * 7 }}"])
def test_whatever_a_person_is_called_it_stays_text(world, login):
    create_user(world.embedded.platform, login)
    change_user(world.embedded.platform, login, password_hash=QUICK_HASH, max_gears=7)
    person = Client(world.wsgi_app, (login, "password"))
    domain = person("POST", "/domains", "name=theirs")
    assert domain.status == 201, domain.texts
    made = person("POST", "/domain/theirs/applications", "name=web&cartridges[]=php-5.4&scale=true")
    assert made.status == 201, made.texts
    assert person("POST", "/domain/theirs/members", "login=other&role=view").status == 200

    for client, path in ((person, CONSOLE), (person, place_of(person, "web")), (world.other, CONSOLE)):
        page = page_of(client, path)
        assert page.wrong == []
        assert not page.all("script")
        assert not page.all("b")
        assert login in page.text
    line = page_of(person, place_of(person, "web")).lines[0]
    assert shlex.split(line)[:3] == ["curl", "-u", login]


def test_no_template_puts_anything_in_unescaped():
    assert templates().autoescape is True
    for name in templates().list_templates():
        source, _, _ = templates().loader.get_source(templates(), name)
        assert not re.search(r"\|\s*safe|autoescape|Markup", source), name


def test_a_refusal_of_a_page_is_a_page(world, testha):
    for path, status, words in (
        (f"{CONSOLE}/application/<b>nothing", 404, "<b>nothing"),
        (f"{CONSOLE}?limit=0", 422, "a number from 1 is expected"),
    ):
        response = testha.send("GET", path)
        page = Page(response.text)

        assert (response.status_code, response.mimetype, page.wrong) == (status, "text/html", []), path
        assert not page.all("b"), path
        assert response.headers["X-Request-Id"] in page.text
        assert words in page.text


def test_a_browser_that_finds_nothing_is_told_so_on_a_page_and_a_program_in_the_envelope(world):
    for accept, media in ((BROWSER, "text/html"), ("text/html", "text/html"), ("*/*", "application/json")):
        response = replace(world.nobody, headers={"Accept": accept}).send("GET", "/broker/rest/nothing")

        assert (response.status_code, response.mimetype) == (404, media), accept


def test_a_client_that_takes_only_json_is_told_that_there_is_a_page_only(testha):
    client = replace(testha, headers={"Accept": "application/json"})

    refused = client("GET", CONSOLE)

    assert (refused.status, refused.body["status"]) == (406, "not_acceptable")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html;q=0.1", True),
        ("", False),
        ("*/*", False),
        ("text/html, */*", False),
        ("text/html;q=0", False),
        ("application/json, text/html;q=0.9", False),
    ],
)
def test_who_would_rather_have_a_page(accept, expected):
    assert prefers_page(accept) is expected


def test_a_page_takes_as_many_statements_however_much_it_shows(make_world):
    def measured(*, gears: int, applications: int) -> list[int]:
        world = make_world(default_max_gears=-1, haproxy_gear_ratio=-1)
        for number in range(applications):
            form = f"name=web{number}&cartridge=php-5.4&scale=true"
            assert world.demo("POST", "/domain/test/applications", form).status == 201
        world.demo("POST", "/application/web0/events", f"event=scale-up&to={gears}")
        world.demo("POST", "/application/web0/events", "event=make-ha")
        counts = []
        for path in (CONSOLE, place_of(world.demo, "web0")):
            page_of(world.demo, path)
            with counted(world) as seen:
                page_of(world.demo, path)
            counts.append(len(seen))
        return counts

    few, many = measured(gears=3, applications=1), measured(gears=60, applications=6)

    assert few == many
    assert max(many) <= 40
