"""The rules of a platform's history that are about aliases and their certificates."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from made_certificates import made_certificate

from broker.core.errors import Refusal
from broker.usecases import aliases
from broker.usecases.alias_certificates import CertificateWish

NAMES = st.sampled_from(["one", "two"])
ALIASES = st.sampled_from(["www.a.org", "www.b.org"])


class AliasRules(RuleBasedStateMachine):
    """A part of the history of `_world`, beside the `_model`."""

    @rule(name=NAMES, alias=ALIASES, adds=st.booleans())
    def change_alias(self, name: str, alias: str, *, adds: bool) -> None:
        taken = {each for aliases in self._model.aliases.values() for each in aliases}
        act = aliases.add_alias if adds else aliases.remove_alias
        try:
            act(self._world.platform, self._world.demo, name, alias)
        except Refusal:
            assert name not in self._model.gears or (alias in taken) == adds or not adds
            return
        (self._model.aliases[name].add if adds else self._model.aliases[name].remove)(alias)

    @rule(name=NAMES, alias=ALIASES, certificate=st.sampled_from([None, "x", "y"]))
    def change_certificate(self, name: str, alias: str, certificate: str | None) -> None:
        made = None if certificate is None else made_certificate(certificate)
        wish = None if made is None else CertificateWish(certificate=made.chain, private_key=made.private_key)
        try:
            aliases.update_alias(self._world.platform, self._world.demo, name, alias, certificate=wish)
        except Refusal:
            assert alias not in self._model.aliases.get(name, ())
