"""Measure sending: python -m bench.mail [--memory] [--number N]. Needs PostgreSQL, Redis and Debian's smtp-sink.

Invitations, each with its own greeting, answer link and calendar part, go through the outbox with two worker
processes to a local SMTP sink. Beside it in the same run: finished messages over one SMTP connection in a bare loop,
and the naive way, one Celery task and one connection per message.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import services

NUMBER, MEMORY_NUMBER = 5000, 50_000
NAIVE_NUMBER, NAIVE_SECONDS, NAIVE_DONE = 1000, 60, b"succeeded in"  # the sweeps are few among them
OF_BARE, OF_NAIVE, QUEUE_SECONDS, MEGABYTES, GROWTH = 0.25, 3.0, 1.0, 200, 1.1
SMTP_SINK = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"


@contextmanager
def sink(port: int) -> Iterator[None]:
    """Run a server that takes all mail and throws it away."""
    if not Path(SMTP_SINK).exists():
        raise SystemExit("python -m bench.mail needs smtp-sink (on Debian: apt install postfix).")
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([SMTP_SINK, *user, f"127.0.0.1:{port}", "100"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def workers(env: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """Run a Celery worker with two processes."""
    command = [sys.executable, "-m", "celery", "-A", "noord", "worker", "--concurrency=2", "-I", "bench.mail_naive"]
    command += ["--loglevel=INFO", "--without-gossip", "--without-mingle"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=services.ROOT, env=env, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 30
        while b"ready" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The worker does not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def memory(worker: subprocess.Popen) -> float:
    """Return the megabytes of the larger of the worker's processes."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    sizes = []
    for pid in children:
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        sizes.append(int(fields["VmRSS"].split()[0]) / 1024)
    return max(sizes)


def step(env: dict[str, str], *arguments: object) -> dict:
    return json.loads(services.python("-m", "bench.mail_load", *map(str, arguments), env=env))


def through_outbox(env: dict[str, str], url: str, worker: subprocess.Popen, number: int) -> dict:
    """Queue and send so many; return what queueing took, the mails per second and the memory at each tenth."""
    services.execute(url, "TRUNCATE outbox_mail")
    queued = step(env, "queue", number)
    sizes: dict[int, float] = {}
    deadline = time.monotonic() + 20 + number / 20
    done = 0
    while done < number:
        if time.monotonic() > deadline:
            raise SystemExit(f"Only {done} of {number} mails were sent: {step(env, 'state')}")
        time.sleep(0.2)
        done = services.count_rows(url, "SELECT count(*) FROM outbox_mail WHERE status = 'sent'")
        sizes.setdefault(done * 10 // number, memory(worker))
    state = step(env, "state")
    if (state["sent"], state["attempts"], state["error"]) != (number, 1, ""):
        raise SystemExit(f"Not every mail was sent at once: {state}")
    return {
        "queue": queued["seconds"],
        "per_second": number / (state["last"] - queued["committed"]),
        "memory": list(sizes.values()),
    }


def the_naive_way(env: dict[str, str], worker: subprocess.Popen, log: Path, number: int) -> float:
    """Return how many tasks per second the worker finished; what is left after a minute is not waited for."""
    before = log.read_bytes().count(NAIVE_DONE)
    begin = step(env, "naive", number)["begin"]
    while (done := log.read_bytes().count(NAIVE_DONE) - before) < number and time.time() - begin < NAIVE_SECONDS:
        time.sleep(0.1)
    return done / (time.time() - begin)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.mail", description="Measure sending mail.")
    parser.add_argument("--number", type=int, default=NUMBER, help=f"how many invitations ({NUMBER})")
    parser.add_argument("--memory", action="store_true", help=f"also send {MEMORY_NUMBER} and look at the memory")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is measured (3)")
    options = parser.parse_args()
    services.check_redis()
    port = services.free_port()
    missed = []

    def tell(text: str, met: bool | None = None) -> None:
        print(text + {None: "", True: "  (yes)", False: "  (NO)"}[met], flush=True)
        if met is False:
            missed.append(text)

    with services.fresh_database("noord_bench_mail") as url, sink(port):
        env = services.environment(url, EMAIL_URL=f"smtp://127.0.0.1:{port}")
        services.empty_redis()
        services.python("manage.py", "migrate", "--verbosity", "0", env=env)
        step(env, "fill", MEMORY_NUMBER if options.memory else options.number)
        services.vacuum(url)
        log = services.ROOT / "var" / "bench-mail.log"
        log.parent.mkdir(exist_ok=True)
        with workers(env, log) as worker:
            through_outbox(env, url, worker, 200)  # templates, translations, connections
            of_bare, of_naive, queueing = [], [], []
            for number in range(options.rounds):
                outbox = through_outbox(env, url, worker, options.number)
                bare = step(env, "bare", port, options.number)
                naive = the_naive_way(env, worker, log, NAIVE_NUMBER)
                of_bare.append(outbox["per_second"] / bare["per_second"])
                of_naive.append(outbox["per_second"] / naive)
                queueing.append(outbox["queue"])
                tell(
                    f"Round {number + 1}: outbox {outbox['per_second']:.0f}, bare loop {bare['per_second']:.0f}, "
                    f"naive {naive:.0f} mails per second, of {bare['bytes'] / 1000:.1f} kB"
                )
            tell(f"Of the bare loop: {median(of_bare):.2f} (at least {OF_BARE})", median(of_bare) >= OF_BARE)
            tell(f"Of the naive way: {median(of_naive):.1f} (at least {OF_NAIVE})", median(of_naive) >= OF_NAIVE)
            tell(
                f"Queueing {options.number}: {median(queueing):.2f} s (at most {QUEUE_SECONDS})",
                median(queueing) <= QUEUE_SECONDS,
            )
            if options.memory:
                sizes = through_outbox(env, url, worker, MEMORY_NUMBER)["memory"]
                tell(
                    f"Memory of a worker while it sends {MEMORY_NUMBER}: "
                    f"{', '.join(f'{size:.0f}' for size in sizes)} MB (at most {MEGABYTES}, flat)",
                    max(sizes) < MEGABYTES and sizes[-1] < GROWTH * sizes[len(sizes) // 2],
                )
        parts = step(env, "parts")
        tell(
            f"A calendar part: {parts['zone']:.0f} microseconds with its time zone, {parts['utc']:.0f} in UTC",
            parts["zone"] <= 1.05 * parts["utc"],
        )
        services.empty_redis()
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
