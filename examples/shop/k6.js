// Customers for the shop, for k6 (https://k6.io): the mix of load.py.

import http from 'k6/http';
import { check, sleep } from 'k6';

const base = __ENV.SHOP;
const image = 'x'.repeat(60000);
const json = { headers: { 'Content-Type': 'application/json' } };

function any(count) {
  return 1 + Math.floor(Math.random() * count);
}

function answered(response) {
  check(response, { 'is no server error': (r) => r.status > 0 && r.status < 500 });
}

function addToCart(customer) {
  const item = JSON.stringify({ product: any(200), quantity: 1 });
  answered(http.post(`${base}/cart/${customer}`, item, json));
}

const visits = [
  [4, () => answered(http.get(`${base}/health`))],
  [2, () => answered(http.get(`${base}/products`))],
  [8, () => answered(http.get(`${base}/product/${any(200)}`))],
  [2, (customer) => { addToCart(customer); answered(http.get(`${base}/cart/${customer}`)); }],
  [2, (customer) => { addToCart(customer); answered(http.post(`${base}/checkout/${customer}`)); }],
  [1, () => answered(http.get(`${base}/report/2024`))],
  [1, () => answered(http.post(`${base}/upload`, image))],
].flatMap(([weight, visit]) => Array(weight).fill(visit));

export const options = { thresholds: { checks: ['rate>0.99'] } };

export default function () {
  visits[any(visits.length) - 1](any(499));
  sleep(0.2);
}
