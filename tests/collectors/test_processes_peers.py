"""Who is at the other end of a connection, by what the target names."""

from fastdiag.collectors.processes.peers import Peer, named_peers
from fastdiag.model.target import Secret, Target


def test_a_broker_and_a_cache_are_known_by_the_ports_of_their_urls() -> None:
    target = Target(
        queues=(Secret("redis://broker:7000/0"), Secret("amqp://broker")),
        caches=(Secret("rediss://cache:7001"),),
        database_endpoints=(("db", 7002),),
    )
    assert named_peers(target) == {
        7000: Peer.BROKER,
        5672: Peer.BROKER,
        7001: Peer.CACHE,
        7002: Peer.DATABASE,
    }


def test_the_port_of_a_monitor_tells_nothing_of_others_that_listen_on_such_a_port() -> None:
    flower, management = Secret("http://flower:8080"), Secret("https://rabbit:443")
    assert named_peers(Target(queues=(flower, management))) == {}
