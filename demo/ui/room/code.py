"""The link of a room as a QR code."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from stn.errors import StnError

LONGEST = 500  # characters of a link
QUIET = 4  # modules of white round the code, which readers need


def qr_code(link: object, room: str) -> str:
    """An SVG as a data URI. Raises StnError for what is no link of the room, or holds its teacher's token."""
    import segno  # here: it takes longer to import than all that most visitors need

    if not isinstance(link, str) or len(link) > LONGEST or not _leads_to(link, room):
        raise StnError(f"link must be the address of room {room}, at most {LONGEST} characters.")
    # On white whatever the theme: many readers take no light code on dark.
    code = segno.make(link, error="m", micro=False)
    return code.svg_data_uri(border=QUIET, dark="#000", light="#fff", omitsize=True)


def _leads_to(link: str, room: str) -> bool:
    try:
        parts = urlsplit(link)
        query = parse_qs(parts.query, keep_blank_values=True)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and query.get("room") == [room] and "teacher" not in query
