"""Which modules pytest looks into for examples: not the other system's."""

import sys

other_system = "posix" if sys.platform == "win32" else "windows"
collect_ignore = [f"scheduler_runner/system/process_tree_{other_system}.py"]
