"""What the sample shop and the end-to-end tests run beside them: each service on loopback, on a
private port, with its data in a directory of the caller's."""
