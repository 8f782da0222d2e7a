"""What the product costs, as ratios taken side by side on the same machine: ``python -m benchmarks.NAME``."""
