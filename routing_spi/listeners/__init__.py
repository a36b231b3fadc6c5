"""Listeners that come with the routing SPI."""
