"""The routing SPI: what a router is told, how it travels, and how a listener stays right."""
