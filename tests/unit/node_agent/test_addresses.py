import pytest

from node_agent.addresses import NodeLayout, private_address


@pytest.mark.parametrize(
    ("uid", "first", "last"),
    [
        (1000, 38031, 38035),  # the first gear of a node
        (1001, 38036, 38040),
        (2500, 45531, 45535),
        (6500, 65531, 65535),  # the highest block
        (6501, 35531, 35535),  # wraps round to the lowest
        (6999, 38021, 38025),  # the last uid
    ],
)
def test_the_port_block_of_a_uid_is_where_the_field_has_it(uid: int, first: int, last: int) -> None:
    block = NodeLayout().port_block(uid)

    assert (block[0], block[-1], len(block)) == (first, last, 5)


@pytest.mark.parametrize(
    ("uid", "host", "address"),
    [
        (1000, 1, "127.1.244.1"),
        (6999, 1, "127.13.171.129"),
        (1000, 127, "127.1.244.127"),  # the last address of a gear
    ],
)
def test_the_private_address_of_a_gear_is_where_the_field_has_it(uid: int, host: int, address: str) -> None:
    assert private_address(uid, host) == address


def test_no_two_uids_share_a_port() -> None:
    layout = NodeLayout()

    ports = [port for uid in range(layout.first_uid, layout.last_uid + 1) for port in layout.port_block(uid)]

    assert len(ports) == len(set(ports)) == 6000 * 5
    assert 35531 <= min(ports) <= max(ports) <= 65535


@pytest.mark.parametrize("last_uid", [999, 7001])  # no uid at all; one more than there are blocks
def test_a_layout_whose_uids_would_share_ports_is_refused(last_uid: int) -> None:
    with pytest.raises(ValueError, match="cannot share 6001 blocks"):
        NodeLayout(last_uid=last_uid)
