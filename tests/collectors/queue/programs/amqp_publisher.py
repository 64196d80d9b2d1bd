"""Leaves a message in a queue ten times a second: `amqp_publisher.py HOST:PORT USER PASSWORD QUEUE`."""

import sys
import time

import amqp


def main(host: str, user: str, password: str, queue: str) -> None:
    with amqp.Connection(host=host, userid=user, password=password) as connection:
        channel = connection.channel()
        while True:
            channel.basic_publish(amqp.Message("x"), routing_key=queue)
            print("left", flush=True)  # noqa: T201
            time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
