"""COMPUTED: from the bytes of Kafka to the numbers of a frame."""
