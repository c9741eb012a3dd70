-- Sales by month, computed once (and refreshed at night).
CREATE MATERIALIZED VIEW monthly_sales AS
  SELECT extract(year FROM placed_at)::integer AS year, extract(month FROM placed_at)::integer AS month,
         count(DISTINCT id)::integer AS orders, sum(quantity)::integer AS items
  FROM orders JOIN order_lines ON order_id = id GROUP BY 1, 2;
