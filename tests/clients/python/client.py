"""What a Python program does that fetches with requests: client.py URL FILE [SHA256]

Streams the body into FILE, HEAD first, on one kept connection; with a FILE that is there already
the rest is asked for with Range and If-Range. Prints one line of JSON.
"""
import hashlib
import json
import pathlib
import sys

import requests


def fetch(session, url, file):
    known = session.head(url)
    known.raise_for_status()
    have = file.stat().st_size if file.exists() else 0
    fields = {"Range": f"bytes={have}-", "If-Range": known.headers["ETag"]} if have else {}
    with session.get(url, headers=fields, stream=True, timeout=60) as answer:
        answer.raise_for_status()
        with open(file, "ab" if answer.status_code == 206 else "wb") as out:
            for piece in answer.iter_content(1 << 16):
                out.write(piece)
    if file.stat().st_size != int(known.headers["Content-Length"]):
        raise OSError(f"{file.stat().st_size} bytes came of {known.headers['Content-Length']}")
    return answer.status_code


def main():
    url, file = sys.argv[1], pathlib.Path(sys.argv[2])
    done = {"status": 0, "sha256": "", "error": ""}
    try:
        done["status"] = fetch(requests.Session(), url, file)
        done["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, KeyError) as wrong:  # requests' exceptions are OSErrors
        done["error"] = str(wrong)
    print(json.dumps(done))
    return 1 if done["error"] else 0


sys.exit(main())
