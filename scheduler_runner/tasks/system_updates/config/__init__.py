"""When the system is updated."""
