"""The embedded DNS server as a part of the process that runs it."""

from broker.bootstrap import Built, dns_server
from broker.core.errors import ConfigurationError


class NameServer:
    """Answers queries from the table of names between `start` and `stop`."""

    def __init__(self, built: Built) -> None:
        self._settings = built.settings
        self._server = dns_server(built)

    @property
    def port(self) -> int:
        """Where it answers, once started."""
        return self._server.address[1]

    def start(self) -> None:
        """Begin to answer; raises `ConfigurationError` where the port cannot be had."""
        try:
            self._server.start()
        except OSError as error:
            place = f"Port {self._settings.dns_port} on {self._settings.dns_host}"
            text = f"{place} cannot be used for DNS: {error.strerror}. Choose another with --dns-port."
            raise ConfigurationError(text, field="DNS_PORT") from error

    def stop(self) -> None:
        """Answer no more; nothing where it is not started."""
        self._server.stop()
