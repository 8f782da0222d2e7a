"""When the camera tasks run."""
