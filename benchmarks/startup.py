"""What does a handler's start take, beside boto3 with the clients of the naive version, and where does it go?"""

import compileall
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from benchmarks.processes import INITIALISING, python
from benchmarks.report import Cell, Goal, Section, Table
from tools import package

_ROUNDS = 5

_RECORDS = ("dynamodb", "stepfunctions")
_ANSWERS = ("stepfunctions", "s3")
NAIVE = {
    "start": ("stepfunctions",),
    "split": ("s3", *_RECORDS),
    "cut": ("s3", *_RECORDS),
    "merge_parts": ("s3",),
    "process": ("s3", *_RECORDS),
    "chunk_failed": _RECORDS,
    "await_chunks": _RECORDS,
    "redrive": ("s3", *_RECORDS, "lambda"),
    "merge": ("s3",),
    "record_failure": ("s3", "dynamodb", "stepfunctions"),
    "report": ("s3", *_RECORDS),
    "direct_worker": _ANSWERS,
    "http_start": ("stepfunctions",),
    "queue_worker": _ANSWERS,
    "topic_worker": _ANSWERS,
    "task_lost": ("stepfunctions",),
    "dead_letter": ("stepfunctions",),
    "sweep": ("s3", *_RECORDS, "lambda"),
    "ask": (*_RECORDS, "sns", "lambda"),
    "page": (*_RECORDS, "secretsmanager"),
}
"""The clients that each handler may need: the naive version makes all of them where it is imported."""

# What a process does after it is ready is not measured.
_READY = "\nimport os; os._exit(0)"
_ONE_SESSION = "from sfn_callback.aws import session; "
_STEPS = {
    "the interpreter": "",
    "botocore, imported": f"import gc; gc.disable(); {_ONE_SESSION}",
    "its models and endpoints, read": f"import gc; gc.disable(); {_ONE_SESSION}"
    "models = session.Files(); import sys; [models.load_file(path) for path in sys.argv[1:]]",
    "clients made of them": f"import gc; gc.disable(); {_ONE_SESSION}"
    "clients = [session.shared().create_client(name) for name in ('s3', 'dynamodb')]",
    "this package and its workload, from source": "import sfn_callback.handlers.process",
}
"""What ``process`` does, one after the other: each program does all that the one before does."""
_PLAIN = (
    "import botocore.session; session = botocore.session.get_session();"
    "clients = [session.create_client(name) for name in ('s3', 'dynamodb')]"
)
_COUNTED = """
import json, os, sys
read, listed = [], []
def note(event, arguments):
    path = str(arguments[0]) if event in ("open", "os.listdir") else ""
    if "/botocore/data/" in path + "/" and os.path.exists(path):
        (read if event == "open" else listed).append(path)
sys.addaudithook(note)
{program}
print(json.dumps([sorted({{name.partition(".")[0] for name in sys.modules}}), len(sys.modules), read, len(listed)]))
"""
_TEXT = (
    "CPU time of a fresh process from exec to a handler that is ready, in the environment that Lambda initialises: "
    "the workload is imported, and the clients that most events need are made. The naive version imports boto3 and "
    "makes all clients that it may need. The fastest of {} runs in turn counts, because other programs can only add "
    "time. This package runs without byte-code, as its zip has none."
)


@dataclass(frozen=True)
class Counts:
    """What a program loads: packages, how many modules, which of botocore's files, how many of its folders it lists."""

    packages: list[str]
    modules: int
    files: list[str]
    folders: int


Times = Mapping[str, list[float]]


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    with unpacked() as (sources, compiled):
        ours, naive = (counts(program, sources) for program in (_ours("process"), _naive(NAIVE["process"])))
        handlers = ["process"] if quick else list(NAIVE)
        times = _times(handlers, sources, compiled, ours.files, rounds=1 if quick else _ROUNDS)
    parts: list[str | Table] = [
        _TEXT.format(1 if quick else _ROUNDS),
        _handlers(times, handlers),
        _loaded(ours, naive),
        _where(times),
        _byte_code(times),
    ]
    return [Section("Start-up", parts, list(_goals(times, ours)))]


def _ours(handler: str) -> str:
    return f"import sfn_callback.handlers.{handler}"


def _naive(services: tuple[str, ...]) -> str:
    return f"import boto3; clients = [boto3.client(name) for name in {services!r}]"


@contextmanager
def unpacked() -> Iterator[tuple[str, str]]:
    """Have the zip unpacked, as Lambda does; and once more, with byte-code beside the sources."""
    with tempfile.TemporaryDirectory() as folder:
        sources, compiled = (str(Path(folder) / name) for name in ("sources", "compiled"))
        for target in (sources, compiled):
            zipfile.ZipFile(io.BytesIO(package.build())).extractall(target)
        compileall.compile_dir(compiled, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        yield sources, compiled


def counts(program: str, path: str) -> Counts:
    """Return what a program loads in a process of its own, in which the path is where modules are looked for."""
    said = python(["-c", _COUNTED.format(program=program)], path, **INITIALISING).stdout
    return Counts(*json.loads(said))


def _times(handlers: list[str], sources: str, compiled: str, files: list[str], rounds: int) -> Times:
    """Run everything in turn, that what else the machine does meets all alike."""
    models = [path.partition(".json")[0] for path in files]
    programs = {services: _naive(services) for services in dict.fromkeys(NAIVE[name] for name in handlers)}
    cases = {
        **{str(services): (program, sources) for services, program in programs.items()},
        **{step: (program, sources) for step, program in _STEPS.items()},
        **{handler: (_ours(handler), sources) for handler in handlers},
        "plain": (_PLAIN, sources),
        "with byte-code": (_ours("process"), compiled),
    }
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (program, path) in cases.items():
            times[name].append(python(["-c", program + _READY, *models], path, **INITIALISING).cpu_seconds)
    return times


def _handlers(times: Times, handlers: list[str]) -> Table:
    return Table(
        ("handler", "the naive version's clients", "its CPU ms", "CPU ms", "ratio"),
        [_row(times, handler) for handler in handlers],
    )


def _row(times: Times, handler: str) -> list[Cell]:
    naive = times[str(NAIVE[handler])]
    spent = (f"{1_000 * min(each):.0f}" for each in (naive, times[handler]))
    return [f"`{handler}`", ", ".join(NAIVE[handler]), *spent, f"{_ratio(times[handler], naive):.2f}"]


def _ratio(ours: list[float], others: list[float]) -> float:
    return min(ours) / min(others)


def _loaded(ours: Counts, naive: Counts) -> str:
    return (
        f"`process` loads {ours.modules} modules where the naive version loads {naive.modules}, reads"
        f" {len(ours.files)} of botocore's files ({len(naive.files)}), and lists {ours.folders} of its folders"
        f" ({naive.folders:,}). Where its time goes, by subtraction:"
    )


def _where(times: Times) -> Table:
    ends = [min(times[step]) for step in _STEPS]
    rows: list[list[Cell]] = [
        [step, f"{1_000 * (end - begin):.0f}", f"{(end - begin) / ends[-1]:.0%}"]
        for step, begin, end in zip(_STEPS, [0.0, *ends], ends, strict=False)
    ]
    return Table(("`process`", "CPU ms", "of all"), rows)


def _byte_code(times: Times) -> str:
    saved = 1 - _ratio(times["with byte-code"], times["process"])
    return (
        f"Byte-code in the zip would save {saved:.0%} of that. The zip has none, because only one minor version of"
        " Python could read it, and `runtime` may be any from 3.11 on."
    )


def _goals(times: Times, ours: Counts) -> Iterator[Goal]:
    naive = times[str(NAIVE["process"])]
    ratio, imported, plain = (_ratio(times[name], naive) for name in ("process", "botocore, imported", "plain"))
    measured = (
        f"{ratio:.2f}; importing botocore alone takes {imported:.2f}, and {plain:.2f} with the same two clients made in"
        " the usual way"
    )
    yield Goal("`process` starts in ≤ 0.5 of the naive version's time", measured, ratio <= 0.5, exact=False)
    foreign = sorted({"boto3", "s3transfer"} & {*ours.packages})
    yield Goal("`process` imports no boto3", ", ".join(foreign) or "none of it", not foreign)
    again = len(ours.files) - len({*ours.files})
    yield Goal("`process` reads none of botocore's files twice", f"{again} read again", not again)
