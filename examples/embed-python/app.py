"""Publishes, subscribes, calls, consumes, acknowledges, runs an action and watches data through a gateway."""

import os

from nemo_gateway import Gateway, GatewayError

HERE = os.path.dirname(os.path.abspath(__file__))

with Gateway(os.path.join(HERE, "gateway.hcl")) as gateway:
    print("connected to", gateway.about["gateway"]["name"])

    prices = gateway.subscribe("bus", "prices/+")
    gateway.request("publish", integration="bus", topic="prices/eur", value={"price": 1.5})
    message = next(prices)
    print("message:", message["topic"], message["value"])

    gateway.serve("bus", add=lambda numbers: sum(numbers))
    print("call:", gateway.request("call", integration="bus", method="add", params=[2, 3], timeout="5s"))

    try:
        gateway.request("call", integration="bus", method="subtract", params=[2, 3])
    except GatewayError as error:
        print("error:", error.data["kind"], "retryable:", error.data["retryable"])

    gateway.request("send", integration="bus", queue="jobs", value={"n": 1})
    job = next(gateway.consume("bus", "jobs"))
    print("job:", job["value"], "attempt", job["attempt"])
    print("acknowledged:", gateway.request("ack", delivery=job["delivery"]))

    gateway.request("run", action="report", trigger={"celsius": 21})
    print("data:", next(gateway.watch("reading"))["value"])
