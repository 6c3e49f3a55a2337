"""Gzip files by many encoders and in every shape that RFC 1952 allows or a bad day makes: `make(folder)`.

What needs a program that is not installed (pigz, Go, Java) is left out and said. Everything else is the
same on each machine but for the version of its zlib.
"""
import gzip
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import zlib

ENCODERS = pathlib.Path(__file__).resolve().parent / "encoders"
STRATEGIES = {"default": zlib.Z_DEFAULT_STRATEGY, "filtered": zlib.Z_FILTERED, "huffman": zlib.Z_HUFFMAN_ONLY,
              "rle": zlib.Z_RLE, "fixed": zlib.Z_FIXED}
BGZF_EXTRA = b"BC\x02\x00"
PROGRAM_SECONDS = 300


def say(text):
    print(text, file=sys.stderr, flush=True)


def text(size, seed):
    """Something like source code: words again and again, matches near and far."""
    dice = random.Random(seed)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz_", k=dice.randrange(2, 11))) for _ in range(900)]
    lines = []
    while size > 0:
        line = " " * dice.choice((0, 2, 4, 8)) + " ".join(dice.choices(words, k=dice.randrange(1, 11))) + ";\n"
        lines.append(line)
        size -= len(line)
    return "".join(lines).encode()


def mixed(size, seed):
    """As a tarball of jars is: text, then bytes that no encoder makes smaller, then a run."""
    dice = random.Random(seed)
    return text(size // 3, seed) + dice.randbytes(size // 3) + bytes(size // 3)


def deflated(data, level=6, window=15, memory=8, strategy=zlib.Z_DEFAULT_STRATEGY, flush=None, every=7_000):
    packer = zlib.compressobj(level, zlib.DEFLATED, -window, memory, strategy)
    if flush is None:
        return packer.compress(data) + packer.flush()
    parts = [packer.compress(data[at:at + every]) + packer.flush(flush) for at in range(0, len(data), every)]
    return b"".join(parts) + packer.flush()


def header(extra=None, name=None, comment=None, crc=False, flags=0):
    flags |= (2 if crc else 0) | (4 if extra is not None else 0)
    flags |= (8 if name is not None else 0) | (16 if comment is not None else 0)
    made = b"\x1f\x8b\x08" + bytes([flags]) + struct.pack("<IBB", 1_700_000_000, 0, 3)
    if extra is not None:
        made += struct.pack("<H", len(extra)) + extra
    for field in (name, comment):
        made += field + b"\0" if field is not None else b""
    return made + (struct.pack("<H", zlib.crc32(made) & 0xffff) if crc else b"")


def member(data, stream=None, **fields):
    return (header(**fields) + (deflated(data) if stream is None else stream) +
            struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff))


def bgzip_like(data, step):
    """Members of their own, each with its length in an extra field, and the empty one at the end."""
    def block(piece):
        stream = deflated(piece)
        return member(piece, stream, extra=BGZF_EXTRA + struct.pack("<H", (len(stream) + 25) & 0xffff))
    return b"".join(block(data[at:at + step]) for at in range(0, len(data), step)) + block(b"")


# ---- by encoder: name -> bytes ----

def by_zlib(data):
    for level in range(10):
        yield f"zlib_level_{level}", member(data, deflated(data, level))
    for name, strategy in STRATEGIES.items():
        for level in (1, 6):
            yield f"zlib_{name}_{level}", member(data, deflated(data, level, strategy=strategy))
    for window in (9, 12):
        yield f"zlib_window_{window}", member(data, deflated(data, window=window))
    yield "zlib_memory_1", member(data, deflated(data, memory=1))
    yield "zlib_memory_9", member(data, deflated(data, 9, memory=9))
    for name, flush in (("partial", 1), ("sync", zlib.Z_SYNC_FLUSH), ("full", zlib.Z_FULL_FLUSH), ("block", 5)):
        yield f"zlib_flush_{name}", member(data, deflated(data, flush=flush))
    yield "python_gzip", gzip.compress(data, mtime=0)


def by_programs(data, folder):
    """Those that read a pipe or a file and write a pipe."""
    source = folder / "source.txt"
    source.write_bytes(data)
    commands = {f"gzip_{n}": ["gzip", "-nc", f"-{n}"] for n in range(1, 10)}
    commands |= {"gzip_name": ["gzip", "-Nc"], "gzip_rsyncable": ["gzip", "-nc", "--rsyncable"]}
    commands |= {f"pigz_{n}": ["pigz", "-nc", f"-{n}"] for n in (0, 1, 6, 9, 11)}
    commands |= {"pigz_small_blocks": ["pigz", "-c", "-p4", "-b128"], "pigz_independent": ["pigz", "-nci", "-b128"],
                 "pigz_rsyncable": ["pigz", "-ncR"], "pigz_comment": ["pigz", "-c", "--comment", "a comment"]}
    for name, command in commands.items():
        if not shutil.which(command[0]):
            say(f"{command[0]} is not installed: no {name}")
            continue
        yield name, subprocess.run([*command, str(source)], check=True, stdout=subprocess.PIPE,
                                   timeout=PROGRAM_SECONDS).stdout
    source.unlink()


def by_go_and_java(data, folder):
    """As `folder`/*.gz; these take seconds to compile."""
    source = folder / "source.txt"
    source.write_bytes(data)
    for program, run in (("go", ["go", "run", str(ENCODERS / "encode.go")]),
                         ("javac", ["java", str(ENCODERS / "Encode.java")])):
        if not shutil.which(program):
            say(f"{program} is not installed: no files by its language")
            continue
        subprocess.run([*run, str(source), str(folder)], check=True, timeout=PROGRAM_SECONDS)
    source.unlink()


# ---- by shape ----

def by_header(data):
    yield "header_name", member(data, name=b"a name")
    yield "header_long_name", member(data, name=b"n" * 70_000)
    yield "header_comment", member(data, comment=b"a comment")
    yield "header_extra", member(data, extra=b"AB\x03\x00abc")
    yield "header_extra_empty", member(data, extra=b"")
    yield "header_extra_longest", member(data, extra=bytes(65_535))
    yield "header_crc", member(data, crc=True)
    yield "header_all", member(data, extra=b"x" * 300, name=b"name", comment=b"comment", crc=True)
    yield "header_text_flag", member(data, flags=1)


def by_size():
    for name, data in (("nothing", b""), ("one_byte", b"x"), ("run", b"\0" * 3_000_000), ("longest_match", b"y" * 259),
                       ("noise", random.Random(5).randbytes(200_000))):
        yield f"size_{name}", member(data, deflated(data, 9))
    yield "size_stored_only", member(mixed(300_000, 6), deflated(mixed(300_000, 6), 0))
    yield "size_empty_blocks", member(b"", b"\x00\x00\x00\xff\xff" * 2_000 + b"\x03\x00")
    yield "size_empty_fixed_blocks", member(b"", b"\x02\x08\x20\x80\x00" * 4_000 + b"\x03\x00")


def by_members(data):
    third = len(data) // 3
    yield "members_two", member(data[:third]) + member(data[third:], name=b"second")
    yield "members_unlike", (member(data[:third], deflated(data[:third], 0)) + member(b"") +
                             gzip.compress(data[third:], 1, mtime=0) + member(data, crc=True))
    yield "members_bgzip", bgzip_like(data, 0xff00)
    yield "members_thousands", bgzip_like(data, max(1, len(data) // 3_000))


def by_tail(data):
    whole = member(data)
    yield "tail_zeros", whole + bytes(-len(whole) % 10_240 + 10_240)
    yield "tail_text", whole + b"and this is not gzip\n" * 400
    yield "tail_noise", whole + random.Random(7).randbytes(50_000)
    yield "tail_half_a_header", whole + whole[:7]
    yield "tail_one_byte", whole + b"\x1f"
    yield "tail_zeros_and_a_member", whole + bytes(512) + whole


def by_cut(data):
    whole = member(data, name=b"cut")
    for at in (1, 2, 9, 10, 12, 14, 15, 17, 40, 1_000, len(whole) // 2, len(whole) - 9, len(whole) - 8,
               len(whole) - 1):
        yield f"cut_at_{at}", whole[:at]
    yield "cut_in_the_second_member", (whole + whole)[:len(whole) + len(whole) // 3]


def by_damage(data):
    whole = member(data)
    dice = random.Random(11)
    for number in range(12):
        damaged = bytearray(whole)
        damaged[dice.randrange(10, len(whole))] ^= 1 << dice.randrange(8)
        yield f"damage_bit_{number}", bytes(damaged)
    yield "damage_hole", whole[:5_000] + bytes(3_000) + whole[8_000:]
    yield "damage_lost_bytes", whole[:5_000] + whole[5_013:]
    yield "damage_noise_in_the_middle", whole[:9_000] + dice.randbytes(4_000) + whole[13_000:]
    yield "damage_reserved_flag", whole[:3] + b"\x80" + whole[4:]
    yield "damage_block_type_3", whole[:10] + b"\x07" + whole[11:]
    yield "damage_too_far_back", member(b"", b"\x4b\x04\x42\x00")


def no_gzip(data):
    yield "no_gzip_text", data
    yield "no_gzip_nothing", b""
    yield "no_gzip_magic_only", b"\x1f\x8b"
    yield "no_gzip_zlib", zlib.compress(data)
    yield "no_gzip_method_7", b"\x1f\x8b\x07" + member(data)[3:]


def make(folder, languages=True):
    """Writes the files and returns their paths, sorted. `languages`: also those by Go and Java."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = mixed(600_000, 1)
    made = [by_zlib(data), by_programs(data, folder), by_header(text(40_000, 2)), by_size(), by_members(data),
            by_tail(text(90_000, 3)), by_cut(text(120_000, 4)), by_damage(text(120_000, 4)), no_gzip(text(5_000, 5))]
    for group in made:
        for name, content in group:
            (folder / f"{name}.gz").write_bytes(content)
    if languages:
        by_go_and_java(data, folder)
    return sorted(folder.glob("*.gz"))
