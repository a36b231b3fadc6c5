from ipaddress import ip_network

import pytest

from broker.config import ConfigurationError, load_settings


def refusal(**environ):
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ)
    return caught.value.text


def test_gear_sizes_of_cartridges_are_read_in_the_fields_form():
    settings = load_settings(
        {"VALID_GEAR_SIZES": "small,medium", "VALID_GEAR_SIZES_FOR_CARTRIDGE": "php-5.4|small,medium  mysql-5.5|medium"}
    )

    assert settings.cartridge_gear_sizes == (("php-5.4", ("small", "medium")), ("mysql-5.5", ("medium",)))


@pytest.mark.parametrize("text", ["php-5.4", "php-5.4|", "|small", "php-5.4|small|large", "php|small php|small"])
def test_gear_sizes_of_cartridges_in_another_form_are_refused(text):
    assert refusal(VALID_GEAR_SIZES_FOR_CARTRIDGE=text).startswith(
        f"VALID_GEAR_SIZES_FOR_CARTRIDGE cannot be '{text}'; allowed is cartridges with blanks between,"
    )


def test_a_size_that_no_gear_has_is_refused_for_a_cartridge():
    assert refusal(VALID_GEAR_SIZES_FOR_CARTRIDGE="php-5.4|huge") == (
        "VALID_GEAR_SIZES_FOR_CARTRIDGE: 'huge', allowed for php-5.4, is none of VALID_GEAR_SIZES (small)."
    )


def test_networks_are_addresses_and_ranges():
    settings = load_settings({"DOWNLOAD_CARTRIDGES_FROM": "10.0.0.0/8, 192.0.2.7,fd00::/8"})

    assert settings.download_from == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"), ip_network("fd00::/8"))


@pytest.mark.parametrize("text", ["example.com", "10.0.0.1/8", "10.0.0.0/40"])
def test_what_is_no_network_is_refused(text):
    assert "a comma list of networks such as 10.0.0.0/8, or nothing" in refusal(DOWNLOAD_CARTRIDGES_FROM=text)
