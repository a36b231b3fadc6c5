"""Messages to a DNS server over TCP, signed with a key that both know (TSIG), and its signed answers."""

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.tsig
from dns.message import Message
from dns.name import Name

from broker.dns.addresses import address_of
from broker.interfaces import RemoteDnsUnavailable

TIMEOUT_SECONDS = 5.0
ALGORITHMS: dict[str, Name] = {
    "hmac-md5": dns.tsig.HMAC_MD5,
    "hmac-sha1": dns.tsig.HMAC_SHA1,
    "hmac-sha256": dns.tsig.HMAC_SHA256,
    "hmac-sha384": dns.tsig.HMAC_SHA384,
    "hmac-sha512": dns.tsig.HMAC_SHA512,
}


class RemoteDnsSilent(RemoteDnsUnavailable):
    """There is no answer at all."""


class SignedExchange:
    """The way to one DNS server, its name or address `host`; `key_value` is Base64 and shown nowhere."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        key_name: str,
        key_value: str,
        algorithm: str,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.address = f"{host}:{port}"
        self._host = host
        self._port = port
        self._key_name = key_name
        self._key = dns.tsig.Key(key_name, key_value, ALGORITHMS[algorithm])
        self._timeout = timeout_seconds

    def answer(self, message: Message) -> Message:
        """What the server answers, whatever its status.

        Raises `RemoteDnsUnavailable` where there is no answer in time, where the server does not know our signature,
        and where its answer is not signed.
        """
        message.use_tsig(self._key)
        try:
            answer = dns.query.tcp(message, address_of(self._host), timeout=self._timeout, port=self._port)
        except (OSError, EOFError, dns.exception.Timeout) as error:
            raise RemoteDnsSilent(f"The DNS server {self.address} {self._why_silent(error)}.") from error
        except dns.exception.DNSException as error:
            raise RemoteDnsUnavailable(f"The DNS server {self.address} {self._why_unsigned(error)}.") from error
        if answer.rcode() == dns.rcode.NOTAUTH:
            text = f"answers that it is not responsible for the zone, or not by the key {self._key_name} (NOTAUTH)"
            raise RemoteDnsUnavailable(f"The DNS server {self.address} {text}.")
        return answer

    def _why_silent(self, error: Exception) -> str:
        match error:
            case dns.exception.Timeout() | TimeoutError():
                return f"did not answer within {self._timeout:g} seconds"
            case OSError():
                return f"cannot be reached: {error.strerror or type(error).__name__}"
            case _:
                return "closed the connection without an answer"

    def _why_unsigned(self, error: Exception) -> str:
        match error:
            case dns.tsig.PeerBadKey():
                return f"knows no key {self._key_name} of this algorithm (BADKEY)"
            case dns.tsig.PeerBadSignature():
                return f"has another value for the key {self._key_name} (BADSIG)"
            case dns.tsig.PeerBadTime():
                return "has another time of day than this machine (BADTIME)"
            case _:
                return f"gave an answer that is not to be trusted: {error}"
