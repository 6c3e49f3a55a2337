"""What the operating system says about a folder and a process, sampled while something runs."""
import os
import pathlib
import threading
import time


def allocated(folder):
    """Bytes on disk below `folder`: allocated blocks, every inode once, as du counts."""
    seen, total, todo = set(), 0, [str(folder)]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                        continue
                    stat = entry.stat(follow_symlinks=False)
                    if stat.st_ino not in seen:
                        seen.add(stat.st_ino)
                        total += stat.st_blocks * 512
        except FileNotFoundError:
            continue  # deleted while we looked
    return total


def mount_used(mount_point):
    """Bytes in use on a file system of its own: one atomic number, deleted but open files included."""
    stat = os.statvfs(mount_point)
    return (stat.f_blocks - stat.f_bfree) * stat.f_frsize


def resident(pid):
    """Resident bytes of a process, from /proc."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pids):
    """User and system time the processes have used so far."""
    ticks = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        except FileNotFoundError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


class Peak:
    """Calls `measure` every `interval` seconds in a thread and keeps the highest value."""

    def __init__(self, measure, interval=0.005):
        self.highest, self.samples = 0, 0
        self._measure, self._interval, self._stop = measure, interval, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._take()

    def _take(self):
        try:
            self.highest = max(self.highest, self._measure())
            self.samples += 1
        except (FileNotFoundError, ProcessLookupError):
            pass

    def _run(self):
        while not self._stop.is_set():
            self._take()
            time.sleep(self._interval)
