"""Who could change what a privileged account runs; the face is ``exposure.py``."""
