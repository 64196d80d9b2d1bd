"""Takes four messages of a queue and finishes none: `amqp_consumer.py HOST:PORT USER PASSWORD QUEUE`."""

import sys

import amqp


def main(host: str, user: str, password: str, queue: str) -> None:
    with amqp.Connection(host=host, userid=user, password=password) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_size=0, prefetch_count=4, a_global=False)
        channel.basic_consume(queue=queue, callback=lambda _: print("taken", flush=True))  # noqa: T201
        while True:
            connection.drain_events()


if __name__ == "__main__":
    main(*sys.argv[1:])
