"""Start a program so that its whole tree of processes can be found and ended.

On Windows the tree is a Job Object that dies with this process; on POSIX it is a session, with every
descendant that can be found through living parents or by the run's mark in its environment.
"""

import sys

if sys.platform == "win32":
    from scheduler_runner.system.process_tree_windows import NESTED, ProcessTree, end_orphans, has_marked
else:
    from scheduler_runner.system.process_tree_posix import NESTED, ProcessTree, end_orphans, has_marked

__all__ = ["NESTED", "ProcessTree", "end_orphans", "has_marked"]
