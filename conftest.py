"""Which modules pytest looks into for examples: not the other system's. And the order of tests: any will do."""

import random
import sys

other_system = "posix" if sys.platform == "win32" else "windows"
collect_ignore = [f"scheduler_runner/system/process_tree_{other_system}.py"]
collect_ignore_glob = ["*/sitecustomize.py"]  # two of them: interpreters import these, which tests start
if sys.platform == "win32":
    collect_ignore.append("scheduler_runner/rights/handing_over.py")


def pytest_addoption(parser):
    """Take ``--shuffle SEED``."""
    parser.addoption("--shuffle", metavar="SEED", help="run the tests in an order by chance, the same for one seed")


def pytest_collection_modifyitems(config, items):
    """Shuffle the tests, in each worker alike: none may need what another one left."""
    seed = config.getoption("shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)  # noqa: S311 - chance, no secret
