"""How many chunks the module lets a job have is what the simulation takes a function to be able to do."""

import re

from benchmarks.report import ROOT
from benchmarks.simulation import quotas as q


def test_the_module_bounds_and_warns_by_the_same_figures() -> None:
    told = re.search(r"cpu_ms_a_chunk = \{(.+)\}", (ROOT / "warnings.tf").read_text())
    assert told
    assert {name: float(ms) / 1_000 for name, ms in re.findall(r"(\w+) = ([\d.]+)", told[1])} == q.CPU_SECONDS
    least = min(q.most_chunks(q.VCPU_MB, seconds) for seconds in q.CPU_SECONDS.values())
    assert f"var.max_chunks <= {least} " in (ROOT / "variables.tf").read_text()
