"""Certificates for tests, made with the openssl command: a CA, and what it signs."""
import os
import pathlib
import subprocess


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}"


def subject_alt_name(names):
    return ",".join(f"IP:{n}" if n.replace(".", "").isdigit() or ":" in n else f"DNS:{n}" for n in names)


class Authority:
    """A CA in a folder of its own. `file` is what its clients trust."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file, self._key = self.folder / "ca.pem", self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=test CA", "-keyout", self._key, "-out", self.file)

    def issue(self, label, *names):
        """(certificate, key): PEM files for `names`, host names or addresses."""
        certificate, key = self.folder / f"{label}.pem", self.folder / f"{label}.key"
        request, extensions = self.folder / f"{label}.csr", self.folder / f"{label}.ext"
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={label}",
                "-keyout", key, "-out", request)
        key.chmod(0o600)
        extensions.write_text(f"subjectAltName={subject_alt_name(names)}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
                "-days", "10", "-extfile", extensions, "-out", certificate)
        return certificate, key


def replace(target, source):
    """Puts the bytes of `source` where `target` is, by a rename, as certbot and editors do."""
    beside = pathlib.Path(f"{target}.new")
    beside.write_bytes(pathlib.Path(source).read_bytes())
    beside.chmod(0o600)
    os.rename(beside, target)
