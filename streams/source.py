"""The Kafka client, and the only file that knows it: hands on whole batches, takes refused records.

Offsets come from the store, never from Kafka: `Source` pauses every partition it is given until its owner has loaded the state
and called `start` with the offset stored there. Kafka's own commit is written for lag tools only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaError
from kafka.structs import OffsetAndMetadata

from model import ORIGINS, Batch, Origin

log = logging.getLogger(__name__)

GROUP = "citydeck"
BrokerError = KafkaError
"""What every call here raises when Kafka does not answer."""
ORIGIN_HEADER = "citydeck-origin"
MOST_RECORDS = 20_000
PROBE_SECONDS = 5.0
AWAY_SECONDS = 0.25
REJOIN_SECONDS = 15.0

OPTIONS: dict[str, Any] = {**KafkaProducer.DEFAULT_CONFIG, **KafkaConsumer.DEFAULT_CONFIG}
"""Every option of the client with its default, for reading them from the environment."""

_ORIGINS: dict[bytes | None, Origin] = {name.encode(): name for name in ORIGINS}


class Source(ConsumerRebalanceListener):  # type: ignore[misc]
    """A member of the consumer group over `topics`."""

    def __init__(self, bootstrap: str, topics: Iterable[str], options: Mapping[str, Any]) -> None:
        self._config = {
            "bootstrap_servers": bootstrap.split(","),
            "group_id": GROUP,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "max_poll_records": MOST_RECORDS,
            "max_partition_fetch_bytes": 4 << 20,
            "fetch_max_wait_ms": 20,
            "session_timeout_ms": 6000,
            "heartbeat_interval_ms": 1000,
            "metadata_max_age_ms": 30_000,
            "reconnect_backoff_max_ms": 1000,
            **{name: value for name, value in options.items() if name in KafkaConsumer.DEFAULT_CONFIG},
        }
        self._consumer = KafkaConsumer(**self._config)
        self.assigned: set[TopicPartition] = set()
        self.revoked: set[TopicPartition] = set()
        self._expected: dict[TopicPartition, int] = {}
        self._damaged: dict[TopicPartition, tuple[int, int]] = {}
        self._lost: dict[TopicPartition, int] = {}
        self._topics = sorted(topics)
        self._idle_since, self._patience = time.monotonic(), REJOIN_SECONDS
        for topic in self._topics:
            # A client that leads its group before it knows a topic gives that topic to nobody, and may not notice later.
            self._consumer.partitions_for_topic(topic)
        self._consumer.subscribe(topics=self._topics, listener=self)

    # --- whose partitions ------------------------------------------------------------------------------------------------------------

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Notes what another member may own from now on."""
        self.revoked |= set(revoked)
        self.assigned -= set(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Notes what is ours, and holds it until `start`."""
        self.assigned |= set(assigned)
        self._consumer.pause(*assigned)

    def changes(self) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        """(given, taken away) since last asked, as (topic, partition)."""
        given, self.assigned = self.assigned, set()
        taken, self.revoked = self.revoked, set()
        for partition in taken:
            self._expected.pop(partition, None)
        return {tuple(p) for p in given}, {tuple(p) for p in taken}

    def start(self, topic: str, partition: int, offset: int | None) -> None:
        """Reads from `offset`, or from the earliest that Kafka still holds; what it no longer holds is told with the next batch."""
        place = TopicPartition(topic, partition)
        begin = self._consumer.beginning_offsets([place])[place]
        end = self._consumer.end_offsets([place])[place]
        if offset is not None and not begin <= offset <= end:
            self._lost[place] = max(begin - offset, 0)
            log.warning("gap", extra={"topic": topic, "partition": partition, "stored": offset, "begin": begin, "end": end})
            offset = begin
        self._expected[place] = begin if offset is None else offset
        self._consumer.seek(place, self._expected[place])
        self._consumer.resume(place)

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def poll(self, seconds: float) -> list[Batch]:
        """Batches that arrived within `seconds`, one per partition. Raises `KafkaError` when the broker does not answer."""
        self._rejoin()
        began, spent = time.monotonic(), time.process_time()
        try:
            found = self._consumer.poll(timeout_ms=int(seconds * 1000))
        except CorruptRecordError:
            self._skip_damage()
            return []
        except KafkaError:
            raise
        except (ValueError, TypeError, RuntimeError, EOFError, OSError) as error:
            # A batch whose checksum holds and whose content does not unpack surfaces as whatever the codec raises.
            log.warning("unreadable", extra={"error": repr(error)})
            self._skip_damage()
            return []
        arrived = time.time()
        if not found and time.process_time() - spent > (time.monotonic() - began) / 3:
            # Without a broker the client asks for its coordinator in a tight loop, a core's worth of it.
            time.sleep(AWAY_SECONDS)
        return [self._batch(place, records, arrived) for place, records in found.items() if place in self._expected]

    def _rejoin(self) -> None:
        """Joins the group again when it has given nothing for long; a spare member does so ever more seldom."""
        if self._expected or self.assigned:
            self._idle_since, self._patience = time.monotonic(), REJOIN_SECONDS
        elif time.monotonic() - self._idle_since > self._patience:
            self._idle_since, self._patience = time.monotonic(), self._patience * 4
            log.info("joining again", extra={"topics": self._topics})
            self._consumer.unsubscribe()
            self._consumer.subscribe(topics=self._topics, listener=self)

    def _batch(self, place: TopicPartition, records: list[Any], arrived: float) -> Batch:
        _, _, _, offsets, _, _, keys, values, headers, *_ = zip(*records, strict=True)
        expected, following = self._expected[place], offsets[-1] + 1
        lost = self._lost.pop(place, 0)
        if offsets[0] > expected and place not in self._damaged:
            # A jump is a transaction's marker or compaction, unless Kafka has thrown the stretch away.
            lost += max(self._consumer.beginning_offsets([place])[place] - expected, 0)
        self._expected[place] = following
        return Batch(
            topic=place.topic,
            partition=place.partition,
            offsets=offsets,
            values=values,
            keys=keys,
            next_offset=following,
            arrived=arrived,
            origins=_origins(headers),
            damaged=self._damaged.pop(place, None),
            lost=lost,
            end_offset=self._consumer.highwater(place),
        )

    def _skip_damage(self) -> None:
        """Finds the partition that cannot be read and steps over the damaged batch, and no further."""
        for place, offset in list(self._expected.items()):
            if self._readable(place, offset):
                continue
            after = self._after_damage(place, offset)
            log.error("corrupt batch", extra={"topic": place.topic, "partition": place.partition, "first": offset, "next": after})
            first = self._damaged.get(place, (offset, 0))[0]
            self._damaged[place] = (first, after)
            self._expected[place] = after
            self._consumer.seek(place, after)

    def _after_damage(self, place: TopicPartition, offset: int) -> int:
        """The first readable offset past `offset`: doubling steps, then halving."""
        low, step = offset, 1
        while not self._readable(place, low + step):
            low, step = low + step, step * 2
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._readable(place, middle) else (middle, high)
        return high

    def _readable(self, place: TopicPartition, offset: int) -> bool:
        """Whether a reader that starts at `offset` gets a record, or the end."""
        with KafkaConsumer(**{**self._config, "group_id": None, "max_poll_records": 1}) as probe:
            probe.assign([place])
            if offset >= probe.end_offsets([place])[place]:
                return True
            probe.seek(place, offset)
            until = time.monotonic() + PROBE_SECONDS
            try:
                while time.monotonic() < until:
                    if probe.poll(timeout_ms=200):
                        return True
            except KafkaError as error:
                if not isinstance(error, CorruptRecordError):
                    raise
            except (ValueError, TypeError, RuntimeError, EOFError, OSError):
                pass
        return False

    def tell(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commits to Kafka, for its lag tools; a failure matters to nobody else."""
        known = {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}
        self._consumer.commit_async({place: mark for place, mark in known.items() if place in self._expected})

    def close(self) -> None:
        """Leaves the group, so that others take over at once."""
        self._consumer.close(autocommit=False, timeout_ms=3000)


class Sink:
    """Sends records to Kafka."""

    def __init__(self, bootstrap: str, options: Mapping[str, Any]) -> None:
        known = {name: value for name, value in options.items() if name in KafkaProducer.DEFAULT_CONFIG}
        self._producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), acks="all", linger_ms=5, **known)

    def send(self, topic: str, value: bytes, key: bytes | None, headers: Mapping[str, str]) -> None:
        """Queues one record."""
        self._producer.send(topic, value=value, key=key, headers=[(name, text.encode()) for name, text in headers.items()])

    def flush(self) -> None:
        """Returns when all queued records are with Kafka. Raises `KafkaError`."""
        self._producer.flush(timeout=10)

    def close(self) -> None:
        """Sends what is queued and lets go."""
        self._producer.close(timeout=3)


def _origins(headers: tuple[Any, ...]) -> list[Origin] | None:
    """Each record's origin; None when no record has a header at all."""
    if not any(headers):
        return None
    return [_ORIGINS.get(next((value for name, value in some or () if name == ORIGIN_HEADER), None), "live") for some in headers]
