import time

import pytest
from django.conf import settings as project
from django.core.cache import cache

from noord.cache import ForgivingRedisCache, left_alone_until

PARAMS = {"KEY_PREFIX": "test", "TIMEOUT": 60}


@pytest.fixture(autouse=True)
def no_outage_yet():
    left_alone_until.clear()


def work(store: ForgivingRedisCache) -> list:
    """Do each operation once; return what they gave."""
    return [
        store.set("text", "één 😀"),
        store.get("text"),
        store.get("nothing", "default"),
        store.add("text", "other"),
        store.add("count", 1),
        store.incr("count", 2),
        store.touch("text", 30),
        store.has_key("text"),
        store.set_many({"list": [1.5, None, {"a": True}], "bytes": b"\x00j\xff"}),
        store.get_many(["list", "bytes", "nothing"]),
        store.get_or_set("made", lambda: "new"),
        store.delete("text"),
        store.get("text"),
        store.delete_many(["list"]),
        store.get("list"),
        store.clear(),
        store.get("count"),
    ]


EXPECTED = [
    None,
    "één 😀",
    "default",
    False,
    True,
    3,
    True,
    True,
    [],
    {"list": [1.5, None, {"a": True}], "bytes": b"\x00j\xff"},
    "new",
    True,
    None,
    None,
    None,
    None,
    None,
]


def test_the_cache_works_in_memory_when_redis_is_down(free_port):
    assert work(ForgivingRedisCache(f"redis://127.0.0.1:{free_port}/0", PARAMS)) == EXPECTED


def test_the_cache_loses_little_time_when_redis_does_not_answer(silent_port):
    store = ForgivingRedisCache(f"redis://127.0.0.1:{silent_port}/0", PARAMS)
    before = time.monotonic()

    assert [store.get(f"key-{n}") for n in range(100)] == [None] * 100
    assert time.monotonic() - before < 1


def test_an_outage_holds_for_all_threads_of_the_process_when_one_has_met_it(silent_port):
    address = f"redis://127.0.0.1:{silent_port}/0"
    ForgivingRedisCache(address, PARAMS).get("key")
    before = time.monotonic()
    ForgivingRedisCache(address, PARAMS).set("key", "value")

    assert time.monotonic() - before < 0.1
    assert ForgivingRedisCache(address, PARAMS).get("key") == "value"


@pytest.mark.redis
def test_the_cache_works_in_redis_when_it_is_there():
    store = ForgivingRedisCache(project.REDIS_URL, PARAMS | {"KEY_PREFIX": f"{project.REDIS_PREFIX}other"})

    assert work(store) == EXPECTED
    assert left_alone_until == {}


@pytest.mark.redis
def test_the_cache_is_tried_again_when_the_pause_is_over():
    store = ForgivingRedisCache(project.REDIS_URL, PARAMS | {"KEY_PREFIX": f"{project.REDIS_PREFIX}other"})
    left_alone_until[project.REDIS_URL] = time.monotonic() + 0.05
    store.set("key", "in memory")
    time.sleep(0.06)

    assert store.get("key") is None
    store.set("key", "in redis")
    assert store.memory.get("key") == "in memory"
    assert store.get("key") == "in redis"


@pytest.mark.redis
def test_clearing_leaves_what_others_keep_in_the_same_redis():
    other = ForgivingRedisCache(project.REDIS_URL, PARAMS | {"KEY_PREFIX": f"{project.REDIS_PREFIX}other"})
    other.set("key", "value")
    cache.clear()

    assert other.get("key") == "value"
