from collections.abc import Iterator
from pathlib import Path

import pytest
from node_host import Host


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.file.close()
