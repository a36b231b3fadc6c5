"""Children that cannot live are begun again, and not as fast as they die."""

import subprocess
import sys
import time

GENERATIONS = 3
FINAL = 78
PARENT = f"""
import os, sys
from broker.process.children import Children
born = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_WRONLY)

def work():
    os.write(born, b".")
    return {FINAL} if os.fstat(born).st_size > {GENERATIONS} else 1

sys.exit(Children(2, work, final={FINAL}, ending_seconds=10.0).run(begun=lambda: None))
"""


def test_children_that_all_die_at_once_are_begun_again_one_a_second(tmp_path):
    began = time.monotonic()

    ended = subprocess.run([sys.executable, "-c", PARENT, str(tmp_path / "born")], timeout=60, check=False)

    # Two in the beginning, then two more, each after its pause.
    assert ended.returncode == FINAL
    assert (tmp_path / "born").stat().st_size == GENERATIONS + 1
    assert time.monotonic() - began >= 2.0
