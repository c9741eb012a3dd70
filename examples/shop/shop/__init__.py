"""A small shop: catalogue, cart, checkout, report and product images."""
