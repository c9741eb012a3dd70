"""What the end-to-end tests are made of: servers to watch, clients that count, and the programs
under test."""
