"""What concerns the point as a whole."""
