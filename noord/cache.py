"""The cache: Redis, and this process's memory for as long as Redis cannot be reached.

Login rate limits and pages go on working without Redis, each process counting for itself. Values
are JSON (text, numbers, lists, dicts) or bytes: what comes out of Redis must never be able to run
code, which pickle, Django's default, can.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

logger = logging.getLogger(__name__)

OUTAGES = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OutOfMemoryError)
TIMEOUT = 0.3  # seconds that a request may lose on a Redis that does not answer
PAUSE = 5.0  # seconds before Redis is tried again, so that only one request in a while loses them

# Per server, the moment (time.monotonic) until which it is left alone. Of the process, not of a cache
# object: Django makes one of those per thread.
left_alone_until: dict[str, float] = {}


class JsonSerializer:
    """JSON for values, bytes as they are; whole numbers stay bare so that Redis can count with them."""

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:
            return value
        if isinstance(value, bytes):
            return b"b" + value
        return b"j" + json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        if data[:1] == b"b":
            return data[1:]
        if data[:1] == b"j":
            return json.loads(data[1:])
        return int(data)


def forgiving(operation: str) -> Callable:
    """Return the operation of RedisCache that falls back on the process's memory."""

    def run(self: "ForgivingRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= left_alone_until.get(self.server, 0):
            try:
                return getattr(RedisCache, operation)(self, *args, **kwargs)
            except OUTAGES as error:
                left_alone_until[self.server] = time.monotonic() + PAUSE
                logger.warning("The cache is in this process's memory: Redis fails with %s", type(error).__name__)
        return getattr(self.memory, operation)(*args, **kwargs)

    run.__name__ = operation
    return run


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache that neither hangs nor fails when Redis does."""

    add = forgiving("add")
    get = forgiving("get")
    set = forgiving("set")
    touch = forgiving("touch")
    delete = forgiving("delete")
    get_many = forgiving("get_many")
    has_key = forgiving("has_key")
    incr = forgiving("incr")
    set_many = forgiving("set_many")
    delete_many = forgiving("delete_many")

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        params = dict(params)
        params["OPTIONS"] = {
            "serializer": JsonSerializer,
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, params)
        self.server = server
        self.memory = LocMemCache("instead-of-redis", {key: params[key] for key in params if key != "OPTIONS"})

    def clear(self) -> None:
        """Forget this cache's own keys; Django's version empties the whole database, broker and all."""
        self.memory.clear()
        client = self._cache.get_client(write=True)
        try:
            for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
                client.unlink(key)
        except OUTAGES as error:
            logger.warning("The cache is not cleared: Redis fails with %s", type(error).__name__)
