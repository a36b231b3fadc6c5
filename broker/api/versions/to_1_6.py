"""From 1.7 to 1.6: the catalogue does not say yet which sizes of gears a cartridge can be on."""

from broker.api.versions.step import Step, without

STEP = Step(version=1.6, changes={"cartridge": (without("valid_gear_sizes"),)})
