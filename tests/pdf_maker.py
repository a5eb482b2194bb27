"""Small PDFs for tests, written by hand: Helvetica, one text piece after the other, each at its place."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

Piece = tuple[float, float, float, str]  # from the left, from the foot, letter size, text

# A page with "Secret", encrypted with the password "x" (40-bit RC4).
ENCRYPTED = base64.b64decode(
    "JVBERi0xLjQKJeLjz9MKMSAwIG9iago8PAovUHJvZHVjZXIgPGU1ZDMwOGM5YzY+Cj4+CmVuZG9iagoyIDAgb2JqCjw8Ci9UeXBlIC9QYWdlcwov"
    "Q291bnQgMQovS2lkcyBbIDQgMCBSIF0KPj4KZW5kb2JqCjMgMCBvYmoKPDwKL1R5cGUgL0NhdGFsb2cKL1BhZ2VzIDIgMCBSCj4+CmVuZG9iago0"
    "IDAgb2JqCjw8Ci9UeXBlIC9QYWdlCi9NZWRpYUJveCBbIDAgMCA1OTUgODQyIF0KL1Jlc291cmNlcyA8PAovRm9udCA8PAovRjEgNSAwIFIKPj4K"
    "Pj4KL0NvbnRlbnRzIDYgMCBSCi9QYXJlbnQgMiAwIFIKPj4KZW5kb2JqCjUgMCBvYmoKPDwKL1R5cGUgL0ZvbnQKL1N1YnR5cGUgL1R5cGUxCi9C"
    "YXNlRm9udCAvSGVsdmV0aWNhCi9FbmNvZGluZyAvV2luQW5zaUVuY29kaW5nCj4+CmVuZG9iago2IDAgb2JqCjw8Ci9MZW5ndGggMzcKPj4Kc3Ry"
    "ZWFtChnb7bT9eBOJaAveh2KtQXv9eUAuAGYZSeID63cCgWZWyew6r/cKZW5kc3RyZWFtCmVuZG9iago3IDAgb2JqCjw8Ci9WIDEKL1IgMgovTGVu"
    "Z3RoIDQwCi9QIDQyOTQ5NjcyOTIKL0ZpbHRlciAvU3RhbmRhcmQKL08gPDVlYmYwM2E4MWM0NmZlNjQxNGJiOTI5YWRiNGI1NWNkMGIyZmUxMGM0"
    "YmZmZjI1ODU3MDczOGQ1NmVkMzAzNmY+Ci9VIDxlNjFjNGYwNDEwYjVjMzE3NTU1MDFhZmZjMDIxZDYzNDk2ZjE4ZGMzZDcxNTRiMThkOTBmOGZj"
    "MjIwY2M1MDc2Pgo+PgplbmRvYmoKeHJlZgowIDgKMDAwMDAwMDAwMCA2NTUzNSBmIAowMDAwMDAwMDE1IDAwMDAwIG4gCjAwMDAwMDAwNTkgMDAw"
    "MDAgbiAKMDAwMDAwMDExOCAwMDAwMCBuIAowMDAwMDAwMTY3IDAwMDAwIG4gCjAwMDAwMDAyOTUgMDAwMDAgbiAKMDAwMDAwMDM5MiAwMDAwMCBu"
    "IAowMDAwMDAwNDc5IDAwMDAwIG4gCnRyYWlsZXIKPDwKL1NpemUgOAovUm9vdCAzIDAgUgovSW5mbyAxIDAgUgovSUQgWyA8NGU1NTk3ZDk1NmI0"
    "MGU0M2VjYWFlZjQyMmIwZDgwMDY+IDw0ZTU1OTdkOTU2YjQwZTQzZWNhYWVmNDIyYjBkODAwNj4gXQovRW5jcnlwdCA3IDAgUgo+PgpzdGFydHhy"
    "ZWYKNjkzCiUlRU9GCg=="
)


def make_pdf(pages: Sequence[Sequence[Piece]], about: Mapping[str, str] | None = None) -> bytes:
    """A PDF with these pages; `about` goes into its properties (Title, CreationDate ...)."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, pieces in enumerate(pages):
        stream = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET" for x, y, size, text in pieces)
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
    objects.append("<< " + " ".join(f"/{key} ({_escaped(value)})" for key, value in (about or {}).items()) + " >>")
    body, offsets = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(body)}\n%%EOF\n"
    return body + end.encode("ascii")


def lines(*texts: str, top: float = 800, size: float = 12, left: float = 72, step: float = 14) -> list[Piece]:
    """Lines under one another."""
    return [(left, top - step * n, size, text) for n, text in enumerate(texts)]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
