"""A real Apache Kafka of one node (KRaft) that a test can stop, kill and start again with its records."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from demo.port import LOOPBACK, free_port, is_free
from demo.server import Server

# The broker's own session is short because a killed one may not come back before its old session is over.
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{control}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{control}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions=4
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1000
"""


class KafkaServer(Server):
    """One node with `folder` for its records and `libs` for its jars.

    `properties` are further ones of its own; `cluster` is its identity, which is else a random one.
    """

    def __init__(self, libs: Path, folder: Path, properties: Mapping[str, str] | None = None, cluster: str = "") -> None:
        super().__init__("kafka", folder)
        self._classes = f"{libs}/*"
        port, control = free_port(), free_port()
        while control == port:
            control = free_port()
        self.bootstrap = f"{LOOPBACK}:{port}"
        self._properties = folder / "server.properties"
        text = PROPERTIES.format(host=LOOPBACK, port=port, control=control, data=folder / "data")
        further = "".join(f"{name}={value}\n" for name, value in (properties or {}).items())
        self._properties.write_text(text.lstrip() + further)
        self._format(cluster)

    def java(self, main: str, *arguments: str) -> tuple[str, ...]:
        """The command that runs a class of Apache Kafka."""
        return ("java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", self._classes, main, *arguments)

    def _format(self, cluster: str) -> None:
        tool = "kafka.tools.StorageTool"
        identity = cluster or subprocess.run(self.java(tool, "random-uuid"), capture_output=True, text=True, check=True).stdout.split()[-1]
        subprocess.run(self.java(tool, "format", "-t", identity, "-c", str(self._properties)), capture_output=True, check=True)

    def segments(self, topic: str, partition: int) -> list[Path]:
        """The files that hold the records of a partition, oldest first."""
        return sorted((self.folder / "data" / f"{topic}-{partition}").glob("*.log"))

    @property
    def command(self) -> tuple[str, ...]:
        """What runs: the node with its properties."""
        return self.java("kafka.Kafka", str(self._properties))

    def answers(self) -> bool:
        """Whether a client of today's can list its topics."""
        host, _, port = self.bootstrap.partition(":")
        if is_free(int(port), host):  # the client leaves a socket open at every refused connection
            return False
        try:
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=5000)
        except KafkaError:
            return False
        try:
            admin.list_topics()
        except KafkaError:
            return False
        finally:
            admin.close()
        return True

    def create_topic(self, name: str, partitions: int) -> None:
        """Add a topic and return when every partition has its leader. KafkaError when it exists already."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.create_topics({name: {"num_partitions": partitions, "replication_factor": 1}}, wait_for_metadata=True)
        finally:
            admin.close()
