"""How answers differ in older versions of the interface: one module a step, each going down from the version above."""
