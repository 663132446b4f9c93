"""A burst of documents, on a clock of its own: a standard queue and what Lambda invokes for it, under AWS's quotas.

The handler, the names of executions and the patience are the real ones.
"""

import heapq
import itertools
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sfn_callback.aws import patience
from testing import quotas
from testing.events import created
from testing.task_tokens import THROTTLED, refusal
from tests.readme import ROOT

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Message = dict[str, Any]

_MESSAGING = (ROOT / "messaging.tf").read_text()
_ROW = re.findall(r"starts += .*receives = (\d+) \* local.receipts", _MESSAGING)[0]
RECEIVES = int(_ROW) * int(re.findall(r"  receipts = (\d+)", _MESSAGING)[0])
BATCH, CONCURRENCY = map(int, re.findall(r"starts += .*batch = (\d+), maximum_concurrency = (\d+)", _MESSAGING)[0])
TIMEOUT_SECONDS = 60.0
VISIBILITY_SECONDS = 6 * TIMEOUT_SECONDS
"""As the module has them."""
TWICE = 0.01
"""How many messages the queue delivers twice, and how many events S3 sends twice."""

# What botocore hands to patience.pause, of an answer that says ThrottlingException.
_ANSWER = SimpleNamespace(status_code=400, headers={}, content=b"")
_OPERATION = SimpleNamespace(has_streaming_output=False, http={}, error_shapes=[])


class Clock:
    """Time for threads of which one runs at a time: it goes on when all of them sleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep: list[tuple[float, int, threading.Semaphore]] = []
        self._order = itertools.count()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the others run for so long."""
        if not self._asleep or self.now + seconds <= self._asleep[0][0]:
            self.now += seconds
            return
        own = self._at(self.now + seconds)
        self._wake()
        own.acquire()

    def run(self, *workers: Callable[[], None]) -> None:
        """Run them side by side until all have ended."""
        threads = [threading.Thread(target=self._run, args=(worker, self._at(self.now))) for worker in workers]
        for thread in threads:
            thread.start()
        self._wake()
        for thread in threads:
            thread.join()

    def _at(self, until: float) -> threading.Semaphore:
        woken = threading.Semaphore(0)
        heapq.heappush(self._asleep, (until, next(self._order), woken))
        return woken

    def _run(self, worker: Callable[[], None], woken: threading.Semaphore) -> None:
        woken.acquire()
        try:
            worker()
        finally:
            self._wake()

    def _wake(self) -> None:
        if self._asleep:
            self.now, _, other = heapq.heappop(self._asleep)
            other.release()


class StepFunctions:
    """StartExecution with its quota, each request of which takes ``latency`` seconds.

    Nobody gets anything of the quota before ``others_until``: others use it up. Of all that AWS grants it is a
    ``share``. ``made`` says how often an execution has been started, ``last`` when the last was.
    """

    def __init__(self, clock: Clock, region: str, latency: float, others_until: float = 0, share: float = 1) -> None:
        self._clock, self._latency, self._others_until = clock, latency, others_until
        self._bucket = quotas.of_start_execution(region, clock.monotonic, share)["StartExecution"]
        self.made, self.keys, self.last = Counter[str](), set[str](), 0.0
        self.requests = self.throttled = 0

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        request: dict[str, Any] = {"context": {}}
        for attempt in itertools.count(1):
            self._clock.sleep(self._latency)
            if self.answered():
                return self._start(name, input)
            pause = throttled(attempt, request)
            if pause is None:
                raise refusal("StartExecution", THROTTLED)
            self._clock.sleep(pause)
        raise AssertionError

    def answered(self) -> bool:
        """Whether a request is not throttled."""
        self.requests += 1
        taken = self._bucket.take() and self._clock.now >= self._others_until
        self.throttled += not taken
        return taken

    def _start(self, name: str, given: str) -> dict[str, Any]:
        # A name that runs with the same input is answered as if it were new; one that has ended is refused.
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        if name in self.made and random.random() < 0.5:
            raise refusal("StartExecution", "ExecutionAlreadyExists")
        if name not in self.made:
            self.made[name] += 1
            self.last = self._clock.now
        self.keys.add(json.loads(given)["key"])
        return {}


def throttled(attempt: int, request: dict[str, Any]) -> float | None:
    """Return how long the package pauses after an answer that says ThrottlingException; ``None``: it gives up."""
    answer: Any = (_ANSWER, {"Error": {"Code": THROTTLED}})
    return patience.pause(
        response=answer, operation=_OPERATION, attempts=attempt, caught_exception=None, request_dict=request
    )


class Starts:
    """The queue of documents: it hides what it delivers, counts receipts, and delivers some messages twice.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._visible: list[tuple[float, int, Message]] = []
        self._order = itertools.count()
        self.gone, self.dead = set[str](), list[Message]()

    def put(self, at: float, body: str) -> None:
        """Put a message into it."""
        sent = {"ApproximateReceiveCount": "0", "SentTimestamp": str(int(at * 1_000))}
        number = next(self._order)
        message = {"messageId": str(number), "eventSource": "aws:sqs", "body": body, "attributes": sent}
        heapq.heappush(self._visible, (at, number, message))

    def receive(self) -> list[Message]:
        """Receive a batch of what is visible, and hide it."""
        batch: list[Message] = []
        while len(batch) < BATCH and self._visible and self._visible[0][0] <= self._clock.now:
            message = heapq.heappop(self._visible)[2]
            # One that was deleted may come again, once: that is what "at least once" means.
            if message["messageId"] in self.gone and not message.pop("again", False):
                continue
            if self._received(message):
                batch.append(message)
                self._show(message, VISIBILITY_SECONDS)
            else:
                self.dead.append(message)
        return batch

    def delete(self, message: Message) -> None:
        """Delete it, or fail to on one of the servers that have it."""
        if message["messageId"] not in self.gone and random.random() < TWICE:
            message["again"] = True
        self.gone.add(message["messageId"])

    def next_at(self) -> float | None:
        """When something is visible next."""
        return self._visible[0][0] if self._visible else None

    def _received(self, message: Message) -> bool:
        count = int(message["attributes"]["ApproximateReceiveCount"]) + 1
        message["attributes"]["ApproximateReceiveCount"] = str(count)
        return count <= RECEIVES

    def _show(self, message: Message, seconds: float) -> None:
        heapq.heappush(self._visible, (self._clock.now + seconds, next(self._order), message))


class Poller:
    """What Lambda does for a queue: it invokes the function, at most so often at once."""

    def __init__(self, clock: Clock, queue: Starts, handler: Handler) -> None:
        self._clock, self._queue, self._handler = clock, queue, handler
        self.running = self.most = self.failed = 0
        self.longest = 0.0

    def drain(self) -> None:
        """Invoke it until nothing is left."""
        self._clock.run(*[self._poll] * CONCURRENCY)

    def _poll(self) -> None:
        while (at := self._queue.next_at()) is not None:
            if batch := self._queue.receive():
                self._deliver(batch)
            else:
                self._clock.sleep(max(0.0, at - self._clock.now))

    def _deliver(self, batch: list[Message]) -> None:
        began = self._clock.now
        self.running += 1
        self.most = max(self.most, self.running)
        again = self._invoke(batch, began)
        self.running -= 1
        self.longest = max(self.longest, self._clock.now - began)
        for message in batch:
            if message["messageId"] not in again:
                self._queue.delete(message)

    def _invoke(self, batch: list[Message], began: float) -> set[str]:
        everything = {message["messageId"] for message in batch}

        def left() -> float:
            return (began + TIMEOUT_SECONDS - self._clock.now) * 1_000

        try:
            answer = self._handler({"Records": batch}, SimpleNamespace(get_remaining_time_in_millis=left))
        except Exception:
            self.failed += 1
            return everything
        # A function that takes too long is ended, and its answer never heard.
        if left() < 0:
            return everything
        return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def drop(queue: Starts, documents: int, seconds: float) -> None:
    """Drop so many documents within so many seconds; of some, S3 tells twice."""
    for number in range(documents):
        body = json.dumps(created(f"documents/{number}.txt"))
        for _ in range(1 + (random.random() < TWICE)):
            queue.put(number * seconds / documents, body)


def drop_without_a_queue(clock: Clock, machine: StepFunctions, documents: int, concurrency: int) -> tuple[int, int]:
    """Drop so many within a minute, as it was before: each event invokes the function, three times at the most.

    An event that finds no free function waits, which is no attempt. Return how many are given up, and how many
    functions ran at once at the most.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    # When it goes on, which event, its attempt, the request's attempt and what the request has cost.
    agenda: list[tuple[float, int, int, int, dict[str, Any]]] = [
        (number * 60 / documents, number, 1, 1, {}) for number in range(documents)
    ]
    waiting: list[tuple[int, int]] = []
    running = most = lost = 0
    while agenda:
        clock.now, number, invocation, attempt, request = heapq.heappop(agenda)
        if attempt == 1:
            if running >= concurrency:
                waiting.append((number, invocation))
                continue
            running += 1
            most = max(most, running)
            request = {"context": {}}
        pause = None if (answered := machine.answered()) else throttled(attempt, request)
        if pause is not None:
            heapq.heappush(agenda, (clock.now + pause, number, invocation, attempt + 1, request))
            continue
        running -= 1
        if waiting:
            freed, its = waiting.pop(0)
            heapq.heappush(agenda, (clock.now, freed, its, 1, {}))
        if not answered and invocation < 3:
            heapq.heappush(agenda, (clock.now + 60 * invocation, number, invocation + 1, 1, {}))
        lost += not answered and invocation == 3
    return lost, most
