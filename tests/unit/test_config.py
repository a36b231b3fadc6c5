from pathlib import Path

import pytest

from broker.config import ConfigurationError, Settings, load_settings, redacted, setting_names


def written(directory: Path, text: str) -> Path:
    path = directory / "broker.conf"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(environ: dict[str, str], file: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ, file)
    return caught.value.text


def test_without_anything_given_every_setting_has_its_default():
    settings = load_settings({})

    assert settings == Settings()
    assert settings.bus_url == "embedded://"
    assert settings.database_url == "sqlite:///gearbroker-data/gearbroker.db"


def test_the_database_lies_in_the_data_directory_unless_it_is_named(tmp_path):
    settings = load_settings({"GEARBROKER_DATA_DIR": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path}/gearbroker.db"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgresql_url_gets_the_one_driver_there_is(scheme):
    settings = load_settings({"DATABASE_URL": f"{scheme}://me@host/broker"})

    assert settings.database_url == "postgresql+psycopg://me@host/broker"


def test_the_environment_wins_over_the_file(tmp_path):
    file = written(tmp_path, "CLOUD_DOMAIN=file.example.com\nDEFAULT_MAX_GEARS=7\n")

    settings = load_settings({"CLOUD_DOMAIN": "environment.example.com"}, file)

    assert settings.cloud_domain == "environment.example.com"
    assert settings.default_max_gears == 7


def test_the_environment_can_name_the_file(tmp_path):
    file = written(tmp_path, "DEFAULT_MAX_GEARS=7\n")

    assert load_settings({"GEARBROKER_CONF": str(file)}).default_max_gears == 7


@pytest.mark.parametrize(
    ("line", "suffix"),
    [
        ("HA_DNS_SUFFIX=plain", "plain"),
        ('HA_DNS_SUFFIX="quoted"', "quoted"),
        ("HA_DNS_SUFFIX='quoted'", "quoted"),
        ("HA_DNS_SUFFIX=plain   # a comment", "plain"),
        ('HA_DNS_SUFFIX="quoted" # a comment', "quoted"),
        ("HA_DNS_SUFFIX=   # only a comment", ""),
        ("  HA_DNS_SUFFIX = spaced  ", "spaced"),
        ("# HA_DNS_SUFFIX=commented\n", ""),
    ],
)
def test_a_file_may_quote_and_comment_as_the_field_does(tmp_path, line, suffix):
    assert load_settings({}, written(tmp_path, line)).ha_dns_suffix == suffix


def test_a_hash_inside_quotes_is_part_of_the_value(tmp_path):
    file = written(tmp_path, 'DATABASE_URL="sqlite:///a #b"')

    assert load_settings({}, file).database_url == "sqlite:///a #b"


@pytest.mark.parametrize("word", ["true", "T", "yes", "Y", "1", "on"])
def test_a_word_for_true_is_true_in_any_case(word):
    assert load_settings({"DEFAULT_ALLOW_HA": word}).default_allow_ha is True


@pytest.mark.parametrize("word", ["false", "F", "no", "N", "0", "OFF"])
def test_a_word_for_false_is_false_in_any_case(word):
    assert load_settings({"MANAGE_HA_DNS": word}).manage_ha_dns is False


def test_a_word_that_is_neither_true_nor_false_is_refused_with_what_is_allowed():
    text = refusal({"MANAGE_HA_DNS": "ture"})

    assert "MANAGE_HA_DNS" in text
    assert "'ture'" in text
    assert "yes" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEARBROKER_PORT", "65536"),
        ("GEARBROKER_PORT", ""),
        ("DEFAULT_HA_MULTIPLIER", "-2"),  # -1 is the least
        ("DEFAULT_HA_MULTIPLIER", "3.5"),
        ("DRAIN_SECONDS", "nan"),
        ("DRAIN_SECONDS", "-1"),
        ("COMMAND_DEADLINE_SECONDS", "0"),  # nothing could ever be done
        ("HA_MULTIPLIER_RULE", "every_mth"),
        ("PLACEMENT_POLICY", "random"),
        ("SPI_DIALECTS", "json,xml"),
        ("SPI_DIALECTS", "json,json"),
        ("CLOUD_DOMAIN", "under_score.example.com"),
        ("BUS_URL", "localhost:5672"),
        ("DATABASE_URL", "mysql://me@host/broker"),
        ("VALID_GEAR_SIZES", "small,,medium"),
        ("ZONES_MIN_PER_GEAR_GROUP", "0"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_the_name_of_its_setting(name, value):
    assert refusal({name: value}).startswith(name)


@pytest.mark.parametrize("name", ["BUS_URL", "DATABASE_URL"])
def test_a_wrong_url_is_refused_without_showing_its_password(name):
    assert "hunter2" not in refusal({name: "amqp:/me:hunter2@host"})


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"DEFAULT_GEAR_SIZE": "large"}, "DEFAULT_GEAR_SIZE"),
        ({"DEFAULT_GEAR_CAPABILITIES": "small,large"}, "DEFAULT_GEAR_CAPABILITIES"),
        ({"HA_DNS_PREFIX": ""}, "HA_DNS_PREFIX"),
        ({"NODES": "bus"}, "NODES"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environ, name):
    assert refusal(environ).startswith(name)


def test_an_unknown_name_in_the_file_is_refused_with_the_likely_one(tmp_path):
    text = refusal({}, written(tmp_path, "\nHA_MULTIPLER_RULE=ceil\n"))

    assert "line 2" in text
    assert "HA_MULTIPLIER_RULE" in text


@pytest.mark.parametrize("line", ["CLOUD_DOMAIN example.com", "CLOUD_DOMAIN=a.com\nCLOUD_DOMAIN=b.com"])
def test_a_line_of_another_form_or_given_twice_is_refused(tmp_path, line):
    assert "broker.conf, line" in refusal({}, written(tmp_path, line))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "absent.conf" in refusal({"GEARBROKER_CONF": str(tmp_path / "absent.conf")})


def test_the_text_form_of_the_settings_shows_no_password():
    settings = load_settings(
        {"BUS_URL": "amqp://me:p%40ss%2Fw0rd@host//", "DATABASE_URL": "postgresql://me:hunter2@h/b"}
    )

    assert "w0rd" not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert "amqp://me:***@host//" in repr(settings)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://me:secret@host:5672//", "amqp://me:***@host:5672//"),
        ("redis://:secret@host", "redis://:***@host"),
        ("postgresql://me@host/b?password=secret&x=1", "postgresql://me@host/b?password=***&x=1"),
        ("embedded://", "embedded://"),
        ("http://host:8080/path", "http://host:8080/path"),
    ],
)
def test_a_redacted_url_keeps_everything_but_its_password(url, shown):
    assert redacted(url) == shown


def test_no_two_settings_share_a_name():
    assert len(set(setting_names())) == len(setting_names())


DNS_SERVER = {
    "BIND_SERVER": "192.0.2.53",
    "BIND_KEYNAME": "gearbroker",
    "BIND_KEYVALUE": "bm9ib2R5IG11c3QgZXZlciBzZWUgdGhpcyBrZXkhISE=",
}


def test_a_dns_server_is_told_the_names_of_the_clouds_domain_unless_a_zone_is_named():
    named = {"CLOUD_DOMAIN": "apps.example.com", "BIND_ZONE": "example.com", "BIND_KEYALGORITHM": "HMAC-MD5"}

    assert load_settings({**DNS_SERVER, "CLOUD_DOMAIN": "apps.example.com"}).bind_zone == "apps.example.com"
    assert load_settings({**DNS_SERVER, **named}).bind_zone == "example.com"
    assert load_settings({**DNS_SERVER, **named}).bind_keyalgorithm == "hmac-md5"


@pytest.mark.parametrize("name", ["BIND_KEYNAME", "BIND_KEYVALUE"])
def test_a_dns_server_without_a_key_is_refused(name):
    assert refusal({**DNS_SERVER, name: ""}).startswith(f"{name}: updates of BIND_SERVER are signed")


@pytest.mark.parametrize("name", ["BIND_KEYNAME", "BIND_KEYVALUE", "BIND_ZONE"])
def test_what_is_said_of_a_dns_server_that_is_not_named_is_refused(name):
    value = DNS_SERVER.get(name, "example.com")

    assert refusal({name: value}) == f"{name}: there is no DNS server to be told: set BIND_SERVER too."


@pytest.mark.parametrize("zone", ["example.org", "sub.example.com", "ample.com"])
def test_a_zone_that_the_clouds_domain_is_not_in_is_refused(zone):
    assert refusal({**DNS_SERVER, "BIND_ZONE": zone}) == (
        f"BIND_ZONE: CLOUD_DOMAIN (example.com) is not inside the zone {zone}."
    )


def test_the_key_of_the_dns_server_is_never_shown():
    wrong = "not=the=key"

    assert DNS_SERVER["BIND_KEYVALUE"] not in repr(load_settings(DNS_SERVER))
    assert wrong not in refusal({**DNS_SERVER, "BIND_KEYVALUE": wrong})


@pytest.mark.parametrize("name", ["BUS_URL", "DATABASE_URL"])
@pytest.mark.parametrize("password", ["TOPSECRET/x", "TOP#SECRET", "TOP?SECRET", "12/34@5", "TOP@SECRET/1"])
def test_a_password_that_was_not_encoded_is_said_so_and_not_shown(name, password):
    scheme = "amqp" if name == "BUS_URL" else "postgresql"
    with pytest.raises(ConfigurationError, match="%2F") as refused:
        load_settings({name: f"{scheme}://user:{password}@127.0.0.1:5672/place"})

    assert "TOP" not in refused.value.text
    assert "34" not in refused.value.text
