"""Customers for the shop, for Locust (https://locust.io): the mix of load.py."""

import os
import random

from locust import HttpUser, constant, task

IMAGE = os.urandom(60_000)


class Customer(HttpUser):
    wait_time = constant(0.2)

    def on_start(self):
        self.customer = random.randrange(1, 500)

    def add_to_cart(self):
        self.client.post(f"/cart/{self.customer}", name="/cart/{}",
                         json={"product": random.randrange(1, 201), "quantity": 1})

    @task(4)
    def health(self):
        self.client.get("/health")

    @task(2)
    def browse(self):
        self.client.get("/products")

    @task(8)
    def view(self):
        self.client.get(f"/product/{random.randrange(1, 201)}", name="/product/{}")

    @task(2)
    def cart(self):
        self.add_to_cart()
        self.client.get(f"/cart/{self.customer}", name="/cart/{}")

    @task(2)
    def buy(self):
        self.add_to_cart()
        self.client.post(f"/checkout/{self.customer}", name="/checkout/{}")

    @task(1)
    def report(self):
        self.client.get("/report/2024")

    @task(1)
    def upload(self):
        self.client.post("/upload", data=IMAGE)
