"""Recordings: copied, cleaned up, watched."""
