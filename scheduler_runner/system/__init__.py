"""The ground: files, folders, locks, processes and their trees, as each operating system has them."""
