"""A thread whose failure is a finding and not a line on stderr that nobody reads."""

import threading
import traceback


class Watched(threading.Thread):
    """Runs `act`; whatever it raises, or finds wrong, is in `violations`."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.violations: list[str] = []

    def run(self) -> None:
        try:
            self.act()
        except Exception:  # noqa: BLE001 whatever it is
            self.violations.append(f"{self.name} broke off: {traceback.format_exc()}")

    def act(self) -> None:
        """What is to be done."""
        raise NotImplementedError
