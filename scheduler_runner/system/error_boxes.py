"""Windows' error boxes: a program that crashes, lacks a DLL or meets a dead drive waits in one until it is clicked."""

import sys

if sys.platform == "win32":
    import msvcrt

    def suppress_error_boxes() -> None:
        """Let what would open a box fail at once, here and in every program that is started from here."""
        boxes = msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX | msvcrt.SEM_NOOPENFILEERRORBOX
        msvcrt.SetErrorMode(msvcrt.GetErrorMode() | boxes)

else:

    def suppress_error_boxes() -> None:
        """Do nothing: there are none."""
