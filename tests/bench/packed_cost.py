"""Rows on the packer at work: its speed on one core, its memory, and what it costs the hits meanwhile."""
import pathlib
import statistics
import subprocess
import tempfile
import time

from bodies import Made
from hit_bench import build
from packed_lab import MB, Lab
from packed_serving import cores
from sampling import cpu_seconds

PACK_MB_PER_S = 60
MEMORY_MIB = 256
HITS_LOSE_PERCENT = 10
HIT_FILE = "/hit.bin"
WINDOW_SECONDS, WINDOWS = 2, 6


def highest_memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def raw_lab(options, folder, archives, names):
    """A lab in which the releases lie raw; packing is on at its next start."""
    lab = Lab(options.binary, folder, options.archives, archives, pack=False)
    lab.daemon.start()
    lab.warm(*names)
    lab.switch_packing_on()
    return lab


def pack_rows(table, options, folder, archives, names):
    """Two releases that lie raw become a keyframe and a difference, each rebuilt and compared."""
    lab = raw_lab(options, folder, archives, names)
    try:
        lab.restart("taskset", "-c", str(cores()[0]))
        before, began = highest_memory(lab.daemon.pid), time.monotonic()
        cpu = cpu_seconds([lab.daemon.pid])
        lab.wait_packed(*names)
        took, cpu = time.monotonic() - began, cpu_seconds([lab.daemon.pid]) - cpu
        size = sum(archives[name].size for name in names)
        case = " -> ".join(names)
        table.add("packing, all that it does", case, f"{size / cpu / MB:.0f} MB a CPU second ({took:.0f} s in all)",
                  f">= {PACK_MB_PER_S} MB/s", size / cpu / MB >= PACK_MB_PER_S)
        grown = (highest_memory(lab.daemon.pid) - before) / (1 << 20)
        table.add("memory while packing", case, f"+ {grown:.0f} MiB", f"<= {MEMORY_MIB} MiB", grown <= MEMORY_MIB)
    finally:
        lab.__exit__()


def hit_rows(table, options, folder, archives, names):
    """The same daemon's hits in windows while it packs, and in as many afterwards."""
    lab = raw_lab(options, folder, archives, names)
    try:
        lab.origin.add(HIT_FILE, Made(200 * MB, seed=1), headers={"Cache-Control": "max-age=3600"})
        assert lab.daemon.wait_job(lab.daemon.warm([{"url": lab.origin.url(HIT_FILE)}]))["state"] == "ready"
        with tempfile.TemporaryDirectory() as tools:
            client = build(pathlib.Path(tools), "discard_client")
            lab.restart()
            hits(lab, client)  # warm: the file is in memory
            busy = []
            while len(busy) < WINDOWS and not lab.packed(*names):
                busy.append(hits(lab, client))
            lab.wait_packed(*names)
            idle = [hits(lab, client) for _ in busy]
        if not busy:
            table.add("hits while packing", names[1], "packed before it could be measured", "", False)
            return
        lost = max(0, 100 * (1 - statistics.median(busy) / statistics.median(idle)))
        table.add("hits while packing", " -> ".join(names),
                  f"{statistics.median(busy):.2f} instead of {statistics.median(idle):.2f} GB/s, {lost:.1f} % less",
                  f"< {HITS_LOSE_PERCENT} %", lost < HITS_LOSE_PERCENT)
    finally:
        lab.__exit__()


def hits(lab, client):
    """GB/s of one window of hits."""
    port = lab.daemon.data.rpartition(":")[2]
    target = f"/mirror/{lab.origin.name}{HIT_FILE}"
    done = subprocess.run([client, port, target, "1", str(WINDOW_SECONDS)], capture_output=True, text=True, timeout=60,
                          check=True)
    total, took, errors = (float(word) for word in done.stdout.split())
    assert total and not errors, done
    return total / took / 1e9
