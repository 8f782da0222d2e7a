"""The operating system's updates."""
