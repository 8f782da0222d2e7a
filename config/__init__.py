"""Facts of the point."""
