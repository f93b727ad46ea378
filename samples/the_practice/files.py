"""files.csv and the binaries it names."""

import hashlib
from datetime import timedelta

import binaries
import bodies
from common import EXPORTED_AT, between, ident, make_row, parse_stamp, rng, stamp, yes

MIMES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "mp4": "video/mp4",
    "csv": "text/csv",
}
UNICODE_NAMES = (
    "Lebenslauf Müller-Größe.pdf",
    "résumé – été 2025.pdf",
    "目標シート.txt",
    "תוכנית אימון.pdf",
    "план на март.txt",
    "🌱 growth.png",
    "contrato & anexo (2).pdf",
)
FOLDERS = {"file": "files", "contract": "contracts", "recording": "recordings"}


def checksum(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def content(name, subject):
    """Bytes fitting the extension of the name."""
    extension = name.rsplit(".", 1)[-1]
    rand = rng("content", name, subject)
    if extension == "png":
        return binaries.png(f"{name} {subject}")
    lines = [
        " ".join((*bodies.sentences(rand), rand.choice(bodies.MIDDLES)))
        for _count in range(rand.randint(8, 24))
    ]
    if extension == "pdf":
        return binaries.pdf(f"{name} for {subject}", lines)
    return "\n".join([f"{name} for {subject}", *lines, ""]).encode("utf-8")


class FileBox:
    """Collects rows and binaries; `later` holds what the bundle leaves out."""

    def __init__(self, staff_rows):
        self.staff = staff_rows
        self.rows, self.binaries, self.later = [], {}, {}

    def add(self, name, client, data=None, kind="file", path="", deal="", note=""):
        number = len(self.rows) + 1
        rand = rng("file", number)
        data = content(name, client["Full Name"]) if data is None else data
        folder = FOLDERS.get(kind, "files")
        path = path or f"{folder}/{client['Client ID']}/{name}"
        store = self.later if kind == "recording" else self.binaries
        if path in store:
            raise ValueError(f"two files at {path}")
        store[path] = data
        row = self._row(number, rand, name, client, kind, deal, note)
        row["Path"] = path
        row["Size"] = str(len(data))
        row["Checksum"] = checksum(data) if number % 9 else ""
        return row

    def link(self, name, client, url):
        """A contract that lives in the application: no binary, no size."""
        number = len(self.rows) + 1
        row = self._row(number, rng("file", number), name, client, "contract", "", "")
        row["URL"] = url
        return row

    def _row(self, number, rand, name, client, kind, deal, note):
        person = rand.choice(self.staff)
        start = parse_stamp(client["Created At"])
        by_email_only = number % 14 == 0
        mime = MIMES[name.rsplit(".", 1)[-1]]
        row = make_row(
            "files.csv",
            File_ID=ident("FI", number),
            File_Name=name,
            Client_ID="" if by_email_only else client["Client ID"],
            Client_Email=client["Email"] if by_email_only or number % 2 else "",
            Deal_ID=deal,
            Note_ID=note,
            Kind=kind,
            Mime_Type=mime if number % 16 else "",
            Uploaded_By=person["Name"] if number % 3 else person["Email"].lower(),
            Shared_With_Client=yes(kind in ("contract", "form") or rand.random() < 0.4),
            Created_At=stamp(between(rand, start, EXPORTED_AT - timedelta(days=1))),
        )
        self.rows.append(row)
        return row


def _client_files(box, people):
    for person in people[0:48:4]:
        box.add("coaching agreement.pdf", person, kind="contract")
    linked = people[49]
    url = f"https://app.example/contracts/{linked['Client ID']}/agreement"
    box.link("agreement-online.pdf", linked, url)
    for number, name in enumerate(UNICODE_NAMES):
        box.add(name, people[2 + 5 * number])
    twice = people[6]
    box.add("plan.pdf", twice)
    second = content("plan.pdf", "second version")
    path = f"files/{twice['Client ID']}/plan (1).pdf"
    box.add("plan.pdf", twice, data=second, path=path)
    box.add("empty.txt", people[9], data=b"")
    guide = content("welcome-guide.pdf", "every client")
    for person in people[10:13]:
        box.add("welcome-guide.pdf", person, data=guide)
    for person in people[14:17]:
        box.add("avatar.png", person, kind="avatar")
    for person in people[20:22]:
        box.add("signed intake.pdf", person, kind="form")
    for person in people[23:28]:
        box.add("values worksheet.pdf", person)
    for person in people[28:31]:
        box.add("goals.txt", person)
    box.add("mood log.csv", people[31], data=b"day,score\r\nMon,4\r\nTue,6\r\n")
    recorded = people[11]
    box.add(
        "session-12.mp4",
        recorded,
        data=binaries.video(recorded["Client ID"]),
        kind="recording",
    )


def _deal_files(box, deal_rows, by_email):
    for deal in deal_rows[3:80:10]:
        name = f"proposal {deal['Deal ID']}.pdf"
        box.add(name, by_email[deal["Client Email"]], deal=deal["Deal ID"])


def _note_files(box, note_rows, by_id, by_email):
    """Attachments of notes; one note has three, two notes are on deals."""
    wanted = {4: 3, 37: 1, 90: 1, 141: 2, 203: 1, 260: 1, 333: 1, 380: 1, 444: 1}
    names = ("worksheet {0}.pdf", "whiteboard {0}.png", "transcript {0}.txt")
    for index, count in wanted.items():
        note = note_rows[index]
        client = by_id.get(note["Client ID"]) or by_email[note["Client Email"]]
        chosen = [
            names[(index + step) % 3].format(note["Note ID"]) for step in range(count)
        ]
        for name in chosen:
            row = box.add(name, client, deal=note["Deal ID"], note=note["Note ID"])
            row["Created At"] = note["Created At"]
        note["Attachments"] = "; ".join(chosen)


def files(contact_rows, deal_rows, note_rows, staff_rows):
    """A FileBox; fills the Attachments column of the notes it uses."""
    by_id = {row["Client ID"]: row for row in contact_rows}
    by_email = {row["Email"]: row for row in contact_rows}
    box = FileBox(staff_rows)
    _client_files(box, contact_rows)
    _deal_files(box, deal_rows, by_email)
    _note_files(box, note_rows, by_id, by_email)
    return box
