"""The rules of a platform's history that are about cartridges, and what an owner thinks of them."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from broker.core.errors import Refusal
from broker.usecases.adding import Addition, add_cartridges
from broker.usecases.cartridge_state import CartridgeEvent, change_cartridge_state
from broker.usecases.cartridge_wishes import CartridgeWish
from broker.usecases.removing import remove_cartridge

NAMES = st.sampled_from(["one", "two"])
DATABASE, PLUGIN = "mysql-5.5", "cron-1.4"
OFTEN_TURNED = ["php-5.4", "haproxy-1.4", PLUGIN]


class CartridgeRules(RuleBasedStateMachine):
    """A part of the history of `_world`, beside the `_model`; `_ill` are the nodes that are not well."""

    @rule(name=NAMES, cartridges=st.sampled_from([(DATABASE,), (PLUGIN,), (PLUGIN, DATABASE)]))
    def add_cartridges(self, name: str, cartridges: tuple[str, ...]) -> None:
        if self._waits(name):
            return
        wishes = tuple(CartridgeWish(name=each) for each in cartridges)
        try:
            add_cartridges(self._world.platform, self._world.demo, name, Addition(cartridges=wishes))
        except Refusal:
            known = name not in self._model.gears or self._model.added[name] & set(cartridges)
            assert known or self._ill or self._is_full(1) or self._world.owed()
            return
        assert not self._model.added[name] & set(cartridges)
        self._model.added[name] |= set(cartridges)

    @rule(name=NAMES, cartridge=st.sampled_from([DATABASE, PLUGIN]))
    def remove_cartridge(self, name: str, cartridge: str) -> None:
        if self._waits(name):
            return
        try:
            remove_cartridge(self._world.platform, self._world.demo, name, cartridge)
        except Refusal:
            assert name not in self._model.gears or cartridge not in self._model.added[name]
            return
        self._model.added[name].remove(cartridge)

    @rule(name=NAMES, cartridge=st.sampled_from(OFTEN_TURNED), event=st.sampled_from(CartridgeEvent))
    def turn_cartridge(self, name: str, cartridge: str, event: CartridgeEvent) -> None:
        if self._waits(name):
            return
        try:
            change_cartridge_state(self._world.platform, self._world.demo, name, cartridge, event)
        except Refusal:
            known = cartridge != PLUGIN or PLUGIN in self._model.added.get(name, ())
            assert self._ill or name not in self._model.gears or not known
