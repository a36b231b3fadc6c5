"""Manifests are fetched from a real web server, which here is on an address that only a setting opens."""

import socket
import ssl
import subprocess
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network

import pytest

from broker.catalogue import DownloadedCartridges
from broker.catalogue.addresses import is_allowed
from broker.catalogue.download import NoSlot, Slots
from broker.core.errors import Invalid, SourceUnavailable

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
TEXT = "Name: thing\n"
ANSWERS = {
    "/good": (200, TEXT.encode(), {}),
    "/loop": (301, b"", {"Location": "/loop"}),
    "/long": (200, b"x" * 20481, {}),
    "/longest-allowed": (200, b"x" * 20480, {}),
    "/cut": (200, b"half", {"Content-Length": "1000"}),
    "/ill": (502, b"", {}),
    "/busy": (429, b"", {}),
    "/latin": (200, b"\xff\xfe", {}),
    "/zipped": (200, b"zip", {"Content-Encoding": "gzip"}),
}
# What a handler does by itself.
BY_HAND = {"/chunked", "/overflowing", "/endless", "/garbage", "/slow", "/drip"}


class Handler(BaseHTTPRequestHandler):
    """Answers by path; `asked` has every request line and host."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Host"]))
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self.answer(302, b"", Location=path.removeprefix("/to/"))
        elif path in BY_HAND:
            getattr(self, path.removeprefix("/"))()
        else:
            status, content, headers = ANSWERS.get(path, (404, b"", {}))
            self.answer(status, content, **headers)

    def garbage(self):
        self.wfile.write(b"not http at all\r\n\r\n")
        self.close_connection = True

    def overflowing(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-599999999999999999999\r\n")
        self.close_connection = True

    def slow(self):
        self.server.released.wait(30)

    def answer(self, status, content, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nName:\r\n7\r\n thing\n\r\n0\r\n\r\n")
        self.close_connection = True

    def endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.released.is_set():
                self.wfile.write(b"x" * 8192)
        except OSError:
            pass

    def drip(self):
        """A header that never ends, a byte at a time, so that no single wait is long."""
        try:
            while not self.server.released.wait(0.01):
                self.wfile.write(b"H")
        except OSError:
            pass

    def log_message(self, *args):
        """A test prints nothing."""


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.asked, made.released = [], threading.Event()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.released.set()
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def base(server):
    return f"http://127.0.0.1:{server.server_port}"


def source(**options):
    return DownloadedCartridges(**{"networks": LOOPBACK, **options})


def refusal(url, kind=Invalid, **options):
    with pytest.raises(kind) as caught:
        source(**options).fetch(url, "me")
    assert (caught.value.field, caught.value.exit_code) == ("cartridge", 109)
    return caught.value.text


def test_a_manifest_is_fetched_with_the_query_of_its_url(server, base):
    assert source().fetch(f"{base}/good?a=b&c", "me") == TEXT
    assert server.asked == [("/good?a=b&c", f"127.0.0.1:{server.server_port}")]


def test_a_manifest_that_comes_in_chunks_is_put_together(base):
    assert source().fetch(f"{base}/chunked", "me") == TEXT


def test_a_name_is_resolved_and_sent_to_the_server(server):
    assert source().fetch(f"http://localhost:{server.server_port}/good", "me") == TEXT
    assert server.asked == [("/good", f"localhost:{server.server_port}")]


def test_nothing_is_asked_where_downloads_are_switched_off(server, base):
    assert refusal(f"{base}/good", enabled=False) == (
        f"The url '{base}/good' cannot be used: the operator has switched downloads of cartridges off."
    )
    assert server.asked == []


@pytest.mark.parametrize(
    ("accounts", "whose"),
    [(("other", "another"), "others"), (("me",), "others of yours")],
    ids=["in all", "for one account"],
)
def test_only_so_many_are_read_at_once_and_another_try_may_help(server, base, accounts, whose):
    slots = Slots(at_once=2, for_one=1)
    with ExitStack() as under_way:
        for account in accounts:
            under_way.enter_context(slots.taken(account))
        assert refusal(f"{base}/good", SourceUnavailable, slots=slots) == (
            f"The url '{base}/good' cannot be read now: too many {whose} are being read; please try again."
        )
    assert server.asked == []
    refusal(f"{base}/absent", slots=slots)
    assert source(slots=slots).fetch(f"{base}/good", "me") == TEXT


def test_one_account_leaves_most_downloads_to_the_others():
    slots = Slots()
    with ExitStack() as under_way:
        for account in ("a", "a", "b", "b", "c", "c", "d", "d"):
            under_way.enter_context(slots.taken(account))
        for account in ("a", "e"):
            with pytest.raises(NoSlot), slots.taken(account):
                pass
    with slots.taken("a"), slots.taken("a"):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
def test_an_address_that_is_not_everybodys_is_not_even_connected_to(server, host):
    url = f"http://{host}:{server.server_port}/good"

    assert refusal(url, networks=()) == (
        f"The url '{url}' cannot be read: cartridges may not come from the address that it leads to."
    )
    assert server.asked == []


def test_a_redirect_is_followed_where_its_own_url_would_be(server, base):
    assert source().fetch(f"{base}/to//good", "me") == TEXT
    assert source().fetch(f"{base}/to/http://localhost:{server.server_port}/good", "me") == TEXT


def test_a_redirect_to_an_address_that_is_not_everybodys_is_not_followed(server):
    loopback = f"http://127.0.0.2:{server.server_port}/good"
    url = f"http://127.0.0.1:{server.server_port}/to/{loopback}"

    assert "cartridges may not come from the address" in refusal(url, networks=(ip_network("127.0.0.1/32"),))
    assert [path for path, _ in server.asked] == [f"/to/{loopback}"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/absent", "the server answers with status 404"),
        ("/loop", "it leads on more than 3 times"),
        ("/to/file:///etc/passwd", "an address that begins with http:// or https:// is expected"),
        ("/to/http://[", "it leads to what is no address"),
        ("/long", "it holds more than 20480 bytes"),
        ("/endless", "it holds more than 20480 bytes"),
        ("/latin", "it is not written in UTF-8"),
        ("/zipped", "the server has compressed it unasked"),
        ("/garbage", "the answer is no HTTP"),
        ("/overflowing", "the answer is no HTTP"),
    ],
)
def test_an_answer_that_is_no_manifest_is_refused_with_the_reason(base, path, problem):
    assert refusal(f"{base}{path}") == f"The url '{base}{path}' cannot be read: {problem}."


def test_the_longest_manifest_that_is_allowed_is_read(base):
    assert len(source().fetch(f"{base}/longest-allowed", "me")) == 20480


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/ill", "the server answers with status 502"),
        ("/busy", "the server answers with status 429"),
        ("/cut", "the server has hung up before its end"),
    ],
)
def test_what_may_pass_is_no_refusal_for_ever(base, path, problem):
    assert refusal(f"{base}{path}", SourceUnavailable) == f"The url '{base}{path}' cannot be read: {problem}."


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_server_that_takes_its_time_is_given_up_on(base, path):
    assert refusal(f"{base}{path}", SourceUnavailable, seconds=0.3) == (
        f"The url '{base}{path}' cannot be read: it took longer than 0.3 seconds."
    )


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.com/x", "an address that begins with http:// or https:// is expected"),
        ("file:///etc/passwd", "an address that begins with http:// or https:// is expected"),
        ("http://", "an address that begins with http:// or https:// is expected"),
        ("http://example.com:0/", "an address that begins with http:// or https:// is expected"),
        ("http://example.com:port/", "it is no address"),
        ("http://[::1/", "it is no address"),
        ("http://me:secret@example.com/", "it may not hold a login"),
        ("http://example.com/a b", "it has characters that no address has"),
        ("http://example.com/\r\nX: y", "it has characters that no address has"),
        ("http://exämple.com/", "it has characters that no address has"),
        (f"http://example.com/{'x' * 2048}", "it is longer than 2048 characters"),
        (f"http://{'x' * 64}.example.invalid/", "its name leads nowhere"),
    ],
)
def test_what_is_no_url_is_refused_without_asking_anybody(url, problem):
    assert f"cannot be read: {problem}" in refusal(url)
    assert "\n" not in refusal(url)


def test_a_name_that_leads_nowhere_is_said_so_where_there_is_a_resolver_and_where_there_is_none():
    assert "cannot be read: its name leads nowhere" in refusal("http://nothing.invalid/", (Invalid, SourceUnavailable))


def test_a_port_that_nobody_listens_on_is_said_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "cannot be read: nobody listens there." in refusal(
            f"http://127.0.0.1:{taken.getsockname()[1]}/", SourceUnavailable
        )


@pytest.fixture
def secure(server, tmp_path):
    """The same server with TLS: its port, and the context that trusts its certificate."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = "subjectAltName=DNS:localhost"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", names]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server.server_port, ssl.create_default_context(cafile=certificate)


def test_a_manifest_is_fetched_over_tls_from_who_has_the_name(secure):
    port, trusted = secure

    assert source(trusted=trusted).fetch(f"https://localhost:{port}/good", "me") == TEXT
    assert "its certificate is not trusted" in refusal(f"https://127.0.0.1:{port}/good", trusted=trusted)
    assert "its certificate is not trusted" in refusal(f"https://localhost:{port}/good")


def test_a_redirect_may_not_take_the_encryption_away(secure):
    port, trusted = secure
    url = f"https://localhost:{port}/to/http://localhost:{port}/good"

    assert "it leads from https to an address without" in refusal(url, trusted=trusted)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 asked about, not listened on
        "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.1", "192.0.2.1",
        "192.168.1.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:a00:1::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_everybodys_is_not_allowed(address):
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_an_address_that_is_everybodys_is_allowed(address):
    assert is_allowed(ip_address(address), ())


def test_a_network_of_the_operators_is_allowed_and_no_other():
    networks = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))

    assert is_allowed(ip_address("10.9.9.9"), networks)
    assert is_allowed(ip_address("::ffff:10.9.9.9"), networks)
    assert is_allowed(ip_address("fd00::1"), networks)
    assert not is_allowed(ip_address("192.168.1.1"), networks)
