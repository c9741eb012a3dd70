-- The shop's tables and enough rows to look alive: 200 products, 200 reviews each, 6000 orders.
CREATE TABLE products (id integer PRIMARY KEY, name text NOT NULL, price_cents integer NOT NULL);
CREATE TABLE reviews (
  product_id integer NOT NULL REFERENCES products, stars integer NOT NULL, text text NOT NULL
);
CREATE TABLE orders (
  id serial PRIMARY KEY, customer integer NOT NULL, paid boolean NOT NULL DEFAULT false,
  placed_at timestamp NOT NULL DEFAULT now()
);
CREATE TABLE order_lines (
  order_id integer NOT NULL REFERENCES orders, product_id integer NOT NULL REFERENCES products,
  quantity integer NOT NULL
);

INSERT INTO products SELECT i, 'Product ' || i, 199 + i * 37 FROM generate_series(1, 200) i;
INSERT INTO reviews
  SELECT p, 1 + (p + r) % 5, 'Review ' || r || ' of product ' || p
    || ': bought it twice, kept both, would do so again.'
  FROM generate_series(1, 200) p, generate_series(1, 200) r;
INSERT INTO orders (customer, paid, placed_at)
  SELECT i % 500, true, timestamp '2024-01-01' + i * interval '1 hour 27 minutes'
  FROM generate_series(1, 6000) i;
INSERT INTO order_lines SELECT i, 1 + i % 200, 1 + i % 3 FROM generate_series(1, 6000) i;
CREATE INDEX ON reviews (product_id);
CREATE INDEX ON order_lines (order_id);
ANALYZE;
