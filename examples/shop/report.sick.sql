-- Fault: sales by month, computed at each request. pg_sleep stands for reading a table far larger
-- than a sample can bring along: 100 ms on every machine.
CREATE VIEW monthly_sales AS
  WITH large_table AS MATERIALIZED (SELECT pg_sleep(0.1))
  SELECT extract(year FROM placed_at)::integer AS year, extract(month FROM placed_at)::integer AS month,
         count(DISTINCT id)::integer AS orders, sum(quantity)::integer AS items
  FROM large_table, orders JOIN order_lines ON order_id = id GROUP BY 1, 2;
