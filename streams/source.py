"""The Kafka client, and the only file that knows it: hands on whole batches, takes refused records.

Offsets come from the store, never from Kafka: `Source` pauses every partition it is given until its owner has loaded the state
and called `start` with the offset stored there. Kafka's own commit is written for lag tools only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, RecordListTooLargeError
from kafka.structs import OffsetAndMetadata

from model import ORIGINS, Batch, Origin
from streams.reach import absence

log = logging.getLogger(__name__)

GROUP = "citydeck"
BrokerError = KafkaError
"""What every call here raises when Kafka does not answer."""
ORIGIN_HEADER = "citydeck-origin"
MOST_RECORDS = 20_000
PROBE_SECONDS = 5.0
ONE_BATCH = {"group_id": None, "max_poll_records": 1, "max_partition_fetch_bytes": 1, "fetch_max_bytes": 1}
"""A fetch brings the first batch whole, however long it is, and with these no other."""
FLUSH_SECONDS = 10.0
SINK = {"acks": "all", "linger_ms": 5, "max_block_ms": 5000, "enable_idempotence": False}
"""An idempotent producer is of no use any more after one record that Kafka does not take; a refusal may as well be there twice."""
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
AWAY_SECONDS = 0.25
QUIET_SECONDS = 5.0
REJOIN_SECONDS = 15.0

OPTIONS: dict[str, Any] = {**KafkaProducer.DEFAULT_CONFIG, **KafkaConsumer.DEFAULT_CONFIG}
"""Every option of the client with its default, for reading them from the environment."""

_ORIGINS: dict[bytes | None, Origin] = {name.encode(): name for name in ORIGINS}


class Source(ConsumerRebalanceListener):  # type: ignore[misc]
    """A member of the consumer group over `topics`; `group` is added to the group's name."""

    def __init__(self, bootstrap: str, topics: Iterable[str], options: Mapping[str, Any], group: str = "") -> None:
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
        self._config["group_id"] += group
        self._consumer = KafkaConsumer(**self._config)
        self.assigned: set[TopicPartition] = set()
        self.revoked: set[TopicPartition] = set()
        self._expected: dict[TopicPartition, int] = {}
        self._damaged: dict[TopicPartition, tuple[int, int]] = {}
        self._lost: dict[TopicPartition, int] = {}
        self._topics = sorted(topics)
        self._idle_since, self._patience = time.monotonic(), REJOIN_SECONDS
        self._heard, self._lack = time.monotonic(), ""
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

    def end(self, topic: str, partition: int) -> int:
        """The offset after the newest record that Kafka holds. Raises `KafkaError`."""
        place = TopicPartition(topic, partition)
        return int(self._consumer.end_offsets([place])[place])

    def rest(self, resting: bool) -> None:
        """Hands on nothing more while resting, and remains a member of its group."""
        for place in self._consumer.assignment().intersection(self._expected):
            (self._consumer.pause if resting else self._consumer.resume)(place)

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def poll(self, seconds: float) -> list[Batch]:
        """Batches that arrived within `seconds`, one per partition. Raises `KafkaError` when the broker does not answer."""
        self._rejoin()
        began, spent = time.monotonic(), time.process_time()
        try:
            found = self._consumer.poll(timeout_ms=int(seconds * 1000))
        except Exception as error:
            if not _is_damage(error):
                raise
            log.warning("unreadable", extra={"error": repr(error)})
            # What the client had begun to unpack it would go on with for ever.
            self._consumer._fetcher.close()
            self._again(self._expected)
            self._skip_damage(error)
            return []
        arrived = time.time()
        if not found and time.process_time() - spent > (time.monotonic() - began) / 3:
            # Without a broker the client asks for its coordinator in a tight loop, a core's worth of it.
            time.sleep(AWAY_SECONDS)
        found = {place: records for place, records in found.items() if place in self._expected}
        if found:
            self._heard, self._lack = time.monotonic(), ""
        begins = self._begins(found)
        return [self._batch(place, records, arrived, begins.get(place, 0)) for place, records in found.items()]

    def _begins(self, found: Mapping[TopicPartition, list[Any]]) -> dict[TopicPartition, int]:
        """Where Kafka's records begin, of the partitions whose next record is further on than expected.

        A jump is a transaction's marker or compaction, unless Kafka has thrown the stretch away. When Kafka does not say, everything that
        was polled is polled again: the client has already moved on.
        """
        jumped = [place for place, records in found.items() if records[0].offset > self._expected[place] and place not in self._damaged]
        try:
            return self._consumer.beginning_offsets(jumped) if jumped else {}
        except KafkaError:
            self._again(found)
            raise

    def _again(self, places: Iterable[TopicPartition]) -> None:
        """Reads on from where our own account ends, however far the client has moved."""
        for place in self._consumer.assignment().intersection(places):
            self._consumer.seek(place, self._expected[place])

    def _rejoin(self) -> None:
        """Joins the group again when it has given nothing for long; a spare member does so ever more seldom."""
        if self._expected or self.assigned:
            self._idle_since, self._patience = time.monotonic(), REJOIN_SECONDS
        elif time.monotonic() - self._idle_since > self._patience:
            self._idle_since, self._patience = time.monotonic(), self._patience * 4
            log.info("joining again", extra={"topics": self._topics})
            self._consumer.unsubscribe()
            self._consumer.subscribe(topics=self._topics, listener=self)

    def _batch(self, place: TopicPartition, records: list[Any], arrived: float, begin: int) -> Batch:
        _, _, _, offsets, _, _, keys, values, headers, *_ = zip(*records, strict=True)
        expected, following = self._expected[place], offsets[-1] + 1
        lost = self._lost.pop(place, 0) + max(begin - expected, 0)
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
        )

    def lag(self, topic: str, partition: int) -> int | None:
        """Records of the partition that were not handed on yet, as last known; None before Kafka has said."""
        place = TopicPartition(topic, partition)
        end = self._consumer.highwater(place) if place in self._expected else None
        return None if end is None else max(end - (self._consumer.position(place, timeout_ms=0) or 0), 0)

    def lack(self) -> str:
        """What is missing, in a sentence, when nothing comes because Kafka cannot be reached: its client waits and says nothing."""
        if time.monotonic() - self._heard > QUIET_SECONDS:
            self._lack = absence(",".join(self._config["bootstrap_servers"]))
            self._heard = time.monotonic()
        return self._lack

    # --- damage ----------------------------------------------------------------------------------------------------------------------

    def _skip_damage(self, cause: Exception) -> None:
        """Finds the partition that cannot be read and steps over the damaged batch, and no further.

        Raises `KafkaError` when none is found, because the broker does not answer or nothing is damaged: then all is to be read again.
        """
        unknown = KafkaError(f"unreadable, and no damage found: {cause!r}")
        skipped = False
        for place, offset in list(self._expected.items()):
            try:
                if not self._readable(place, offset):
                    self._skip(place, offset)
                    skipped = True
            except KafkaTimeoutError as error:
                unknown = error
        if not skipped:
            raise unknown from cause

    def _skip(self, place: TopicPartition, offset: int) -> None:
        after = self._after_damage(place, offset)
        log.error("corrupt batch", extra={"topic": place.topic, "partition": place.partition, "first": offset, "next": after})
        self._damaged[place] = (self._damaged.get(place, (offset, 0))[0], after)
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
        """Whether the batch that holds `offset` can be unpacked, or there is none.

        It may hold nothing to hand on: a transaction's marker, records of an aborted one. Raises `KafkaTimeoutError` when Kafka does not
        give it: that says nothing about the batch.
        """
        with KafkaConsumer(**{**self._config, **ONE_BATCH}) as probe:
            probe.assign([place])
            if offset >= probe.end_offsets([place])[place]:
                return True
            probe.seek(place, offset)
            until = time.monotonic() + PROBE_SECONDS
            try:
                while time.monotonic() < until:
                    if probe.poll(timeout_ms=200) or (probe.position(place, timeout_ms=200) or 0) > offset:
                        return True
            except Exception as error:
                if not _is_damage(error):
                    raise
                return False
        raise KafkaTimeoutError(f"no answer whether offset {offset} of {place.topic} {place.partition} can be read")

    def tell(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commits to Kafka, for its lag tools; a failure matters to nobody else."""
        known = {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}
        self._consumer.commit_async({place: mark for place, mark in known.items() if place in self._expected})

    def close(self) -> None:
        """Leaves the group, so that others take over at once."""
        self._consumer.close(autocommit=False, timeout_ms=3000)


class Sink:
    """Sends records to Kafka; topics that do not begin with `prefix` are given it."""

    def __init__(self, bootstrap: str, options: Mapping[str, Any], prefix: str = "") -> None:
        known = {name: value for name, value in options.items() if name in KafkaProducer.DEFAULT_CONFIG}
        self._prefix = prefix
        self._producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), **{**SINK, **known})

    def deliver(self, topic: str, records: Sequence[tuple[bytes | None, bytes]], origin: Origin = "live") -> list[int]:
        """Returns when Kafka has the records, each a (key, value), with the header of an `origin` that is not live.

        The places of those it never takes, because they are too long. Raises `KafkaError` for anything else that fails.
        """
        sent, large = [], []
        topic = topic if topic.startswith(self._prefix) else self._prefix + topic
        headers = [] if origin == "live" else [(ORIGIN_HEADER, origin.encode())]
        for place, (key, value) in enumerate(records):
            try:
                sent.append((place, self._producer.send(topic, value=value, key=key, headers=headers)))
            except TOO_LARGE:
                large.append(place)
            except ValueError as error:  # the client's way to say that it may not or cannot know the topic
                raise KafkaError(f"{topic}: {error}") from error
        self._producer.flush(timeout=FLUSH_SECONDS)
        for place, future in sent:
            if isinstance(future.exception, TOO_LARGE):
                large.append(place)
            elif future.exception is not None:
                raise future.exception
        return large

    def close(self) -> None:
        """Sends what is queued and lets go."""
        self._producer.close(timeout=3)


def _is_damage(error: Exception) -> bool:
    """Whether a batch does not unpack: its checksum is wrong, or it surfaces as whatever the codec raises."""
    return isinstance(error, CorruptRecordError) or not isinstance(error, KafkaError)


def _origins(headers: tuple[Any, ...]) -> list[Origin] | None:
    """Each record's origin; None when no record has a header at all."""
    if not any(headers):
        return None
    return [_ORIGINS.get(next((value for name, value in some or () if name == ORIGIN_HEADER), None), "live") for some in headers]
