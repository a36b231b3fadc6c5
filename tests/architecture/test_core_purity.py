import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]

# Run by an interpreter without site-packages: what it can import is the standard library and this checkout.
IMPORT_ALL = """
import sys
sys.path.insert(0, sys.argv[1])
import importlib, pkgutil
import broker.core

for module in pkgutil.walk_packages(broker.core.__path__, "broker.core."):
    importlib.import_module(module.name)
tops = {name.partition(".")[0] for name in sys.modules}
print(*sorted(tops - set(sys.stdlib_module_names) - {"__main__"}))
"""


def test_the_whole_core_loads_with_the_standard_library_alone():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(TOP)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["broker"]
