"""Calls that wait for another thread, task or program, and the number of their timeout argument."""

from __future__ import annotations

PROGRAMS = {
    "subprocess.run": -1,
    "subprocess.call": -1,
    "subprocess.check_call": -1,
    "subprocess.check_output": -1,
    "subprocess.Popen.communicate": 1,
    "subprocess.Popen.wait": 0,
}
QUEUES = tuple(
    f"{package}.{kind}.get"
    for package in ("queue", "multiprocessing")
    for kind in ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "JoinableQueue")
)
_POOLS = tuple(
    f"concurrent.futures.{place}{kind}PoolExecutor"
    for kind, places in {"Thread": ("", "thread."), "Process": ("", "process.")}.items()
    for place in places
)
_MULTIPROCESSING = ("multiprocessing.Pool", "multiprocessing.pool.Pool", "multiprocessing.pool.ThreadPool")
WAITS = {
    "threading.Thread.join": 0,
    "threading.Event.wait": 0,
    "threading.Barrier.wait": 0,
    "threading.Condition.wait": 0,
    "threading.Condition.wait_for": 1,
    "multiprocessing.Process.join": 0,
    "multiprocessing.Event.wait": 0,
    "concurrent.futures.Future.result": 0,
    **{f"{pool}.submit.result": 0 for pool in _POOLS},
    "asyncio.run_coroutine_threadsafe.result": 0,
    **{
        f"{pool}.{method}.get": 0
        for pool in _MULTIPROCESSING
        for method in ("apply_async", "map_async", "starmap_async")
    },
}
LOCKS = tuple(
    f"{package}.{kind}.acquire"
    for package in ("threading", "multiprocessing")
    for kind in ("Lock", "RLock", "Semaphore", "BoundedSemaphore")
)
RESULTS = (
    ".delay.get",
    ".apply_async.get",
    ".send_task.get",
    "celery.result.AsyncResult.get",
    ".AsyncResult.get",
)
"""Ends of the paths by which the result of a Celery task is waited for."""

AWAITED = frozenset(
    f"asyncio.{kind}.{method}"
    for kinds, methods in {
        ("Queue", "LifoQueue", "PriorityQueue"): ("get", "join"),
        ("Event", "Condition", "Barrier"): ("wait",),
        ("Lock", "Semaphore", "BoundedSemaphore"): ("acquire",),
    }.items()
    for kind in kinds
    for method in methods
)
CHILDREN = ("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell")
