#!/usr/bin/env python3
"""Fails if a module includes another one that sits above or beside it, if a third-party
library leaves the module that fences it, or if a file passes its budget.

    check_layers.py [ROOT]        (no ROOT: the working folder)

The table is the architecture, and src/CMakeLists.txt says the same by DEPS. To allow a
new dependency, change both in the commit that needs it, and say why in its message.
"""
import pathlib
import re
import sys
import tempfile

LAYERS = {
    # module      may include
    "base":     [],
    "model":    ["base"],
    "manifest": ["base", "model"],
    "deflate":  ["base"],
    "config":   ["base", "model"],
    "pack":     ["base", "model", "deflate"],
    "archive":  ["base", "model"],
    "upstream": ["base", "model"],
    "store":    ["base", "model"],
    "cache":    ["base", "model", "manifest", "pack", "archive", "upstream", "store"],
    "prefetch": ["base", "model", "manifest", "cache", "store"],
    "http":     ["base", "model", "manifest", "cache"],
    "admin":    ["base", "model", "manifest", "store", "upstream", "cache", "prefetch", "http"],
    "cli":      ["base", "model", "manifest", "config", "upstream"],
    "daemon":   ["base", "model", "config", "store", "upstream", "cache", "prefetch", "http", "admin"],
    "main":     ["cli", "daemon"],  # src/main.cc
}
FENCES = {  # how a third-party header begins: the only modules that may know it exists
    "openssl/": ["base", "http"], "spdlog/": ["base"],
    "boost/url": ["model"], "toml++/": ["config"], "yaml-cpp/": ["manifest"],
    "archive.h": ["archive"], "archive_entry.h": ["archive"],
    "curl/": ["upstream"], "ares": ["upstream"], "rocksdb/": ["store"],
    "boost/beast": ["http"], "boost/asio": ["http"], "boost/json": ["admin", "cli"],
    "zstd": ["pack"], "xxhash": ["pack"],
    "CLI/": ["cli"], "systemd/": ["daemon"],
}
MAX_LINES = 400  # STYLE: about 110 is usual; past this nobody wants to enter a file
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]', re.MULTILINE)


def module_of(path):
    """Of include/stagecache/<module>/x.h, src/<module>/x.cc, src/main.cc."""
    parts = path.parts
    below = parts[2:] if parts[0] == "include" else parts[1:]
    return below[0] if len(below) > 1 else path.stem


def target_of(header):
    """The module of ours that `header` belongs to; None for anybody else's."""
    parts = header.split("/")
    if parts[0] == "stagecache":
        return parts[1]
    return parts[0] if len(parts) > 1 and parts[0] in LAYERS else None


def violations(path, text):
    module = module_of(path)
    if module not in LAYERS:
        yield f"{path}: {module} is no module of the table"
        return
    for header in INCLUDE.findall(text):
        target = target_of(header)
        private = target is not None and not header.startswith("stagecache/")
        if target is not None and target != module and (private or target not in LAYERS[module]):
            what = "private headers of" if private else ""
            yield f"{path}: {module} may not include {what} {target} ({header})".replace("  ", " ")
        for fence, modules in FENCES.items():
            if target is None and header.startswith(fence) and module not in modules:
                yield f"{path}: {header} is fenced into {', '.join(modules)}"
    lines = text.count("\n")
    if lines > MAX_LINES:
        yield f"{path}: {lines} lines, {MAX_LINES} are the end"


def disagreements_with_cmake(text):
    """Where DEPS in src/CMakeLists.txt is not the table."""
    for name, rest in re.findall(r"stagecache_module\((\w+)([^)]*)\)", text):
        deps = re.search(r"\bDEPS\s+([a-z_\s]+)", rest)
        linked = set(deps.group(1).split()) if deps else set()
        if linked != set(LAYERS.get(name, [])):
            yield f"src/CMakeLists.txt: DEPS of {name} differ from the table of check_layers.py"


def check(root):
    """(what is wrong, how many files were read)."""
    files = sorted(p for folder in ("include", "src") for p in (root / folder).rglob("*")
                   if p.suffix in (".h", ".cc"))
    found = [v for file in files for v in violations(file.relative_to(root), file.read_text())]
    cmake = root / "src" / "CMakeLists.txt"
    if cmake.exists():
        found += disagreements_with_cmake(cmake.read_text())
    return found, len(files)


SELF_TEST = {  # file: (text, what must be said of it; "" for nothing)
    "src/store/a.cc": ('#include "stagecache/http/server.h"\n', "store may not include http"),
    "src/store/b.cc": ("#include <curl/curl.h>\n", "curl/curl.h is fenced into upstream"),
    "src/http/c.cc": ('#include "store/catalog.h"\n', "http may not include private headers of store"),
    "src/cli/d.cc": ('#include "stagecache/daemon/daemon.h"\n', "cli may not include daemon"),
    "src/model/e.cc": ("//\n" * (MAX_LINES + 1), "401 lines, 400 are the end"),
    "src/archive/f.cc": ("#include <archive.h>\n", ""),
    "src/cache/g.cc": ('  #  include "stagecache/archive/look.h"\n', ""),
    "src/cache/h.cc": ("#include <archive_entry.h>\n", "archive_entry.h is fenced into archive"),
    "src/upstream/i.cc": ("#include <ares.h>\n#include <curl/curl.h>\n", ""),
    "src/cli/j.cc": ("#include <boost/json.hpp>\n#include <CLI/CLI.hpp>\n", ""),
    "src/surprise/k.cc": ("", "surprise is no module of the table"),
    "include/stagecache/base/l.h": ('#include "stagecache/model/url.h"\n', "base may not include model"),
    "src/main.cc": ('#include "stagecache/cli/main.h"\n#include "stagecache/daemon/daemon.h"\n', ""),
    "src/CMakeLists.txt": ("stagecache_module(store DEPS base model cache LIBS x)", "DEPS of store differ"),
}


def self_test():
    """What is wrong with this lint itself: each planted fault must be found, and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, (text, _) in SELF_TEST.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found, _ = check(root)
    for name, (_, expected) in SELF_TEST.items():
        about = [v for v in found if v.startswith(name + ":")]
        if not (len(about) == 1 and expected in about[0] if expected else not about):
            yield f"self-test: {name}: wanted {expected!r}, found {about}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found, files = check(root)
    found += self_test()
    print("\n".join(found) or f"layers ok ({files} files)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
