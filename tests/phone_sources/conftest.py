"""What the tests of phone systems' exports share: files of their shape, and what became of them."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import attrs
import pytest

from cxaudit._model.audit import SourceUse
from cxaudit._plugins.host import PluginHost
from cxaudit.plugin import ReadRequest, Skipped
from cxaudit.testing import read_source
from cxaudit_phone.readers.sources import SOURCES

REGISTRY = PluginHost().registry
SPECS = {spec.id.removeprefix("cxaudit."): spec for spec in SOURCES}


QUEUE_LOG = """\
1772445600|NONE|NONE|NONE|QUEUESTART|
1772445600|1772445600.1|sales|NONE|ENTERQUEUE||+33140000001|1
1772445612|1772445600.1|sales|SIP/9|RINGNOANSWER|10000
1772445620|1772445600.1|sales|SIP/201|CONNECT|20|1772445615.2|5
1772445680|1772445600.1|sales|SIP/201|COMPLETECALLER|20|60|1
1772445700|1772445700.3|sales|NONE|ENTERQUEUE||+33140000002|1
1772445745|1772445700.3|sales|NONE|ABANDON|1|1|45
1772445800|1772445800.4|claims|NONE|ENTERQUEUE||anonymous|1
1772445830|1772445800.4|claims|SIP/301|CONNECT|30|1772445815.5|6
1772445900|1772445800.4|claims|SIP/301|BLINDTRANSFER|600|internal|30|70|1
"""
CDR = """\
"","0140000001","100","from-trunk","","PJSIP/trunk-01","PJSIP/201-02","Dial","PJSIP/201",\
"2026-03-02 10:00:00","2026-03-02 10:00:12","2026-03-02 10:02:00",120,108,"ANSWERED","","1.1",\
"","","1.1",1
"","0140000002","100","from-trunk","","PJSIP/trunk-03","","Queue","sales,t",\
"2026-03-02 10:05:00","2026-03-02 10:05:00","2026-03-02 10:05:45",45,45,"ANSWERED","","2.1",\
"","","2.1",2
"","0140000003","100","from-trunk","","PJSIP/trunk-04","","BackGround","menu",\
"2026-03-02 10:07:00","2026-03-02 10:07:00","2026-03-02 10:07:20",20,20,"ANSWERED","","3.1",\
"","","3.1",3
"""
_CONTACT = {
    "Channel": "VOICE",
    "InitiationMethod": "INBOUND",
    "InitiationTimestamp": "2026-03-02T10:00:00Z",
    "ConnectedToSystemTimestamp": "2026-03-02T10:00:00Z",
    "DisconnectTimestamp": "2026-03-02T10:05:00Z",
    "LastUpdateTimestamp": "2026-03-02T10:06:00Z",
    "CustomerEndpoint": {"Address": "+33140000001", "Type": "TELEPHONE_NUMBER"},
}
_QUEUE = {
    "Name": "sales",
    "EnqueueTimestamp": "2026-03-02T10:00:40Z",
    "DequeueTimestamp": "2026-03-02T10:01:40Z",
    "Duration": 60,
}
_AGENT = {
    "Username": "ada",
    "ConnectedToAgentTimestamp": "2026-03-02T10:01:40Z",
    "AgentInteractionDuration": 200,
    "CustomerHoldDuration": 0,
    "NumberOfHolds": 0,
}
CONTACTS = [
    _CONTACT | {"ContactId": "c-1", "Queue": _QUEUE, "Agent": _AGENT},
    _CONTACT | {"ContactId": "c-2", "Queue": _QUEUE, "Agent": None},
    _CONTACT | {"ContactId": "c-3", "Queue": None, "Agent": None},
]


def _stage(purpose, start, end, user=None, **metrics):
    return {
        "purpose": purpose,
        "userId": user,
        "sessions": [
            {
                "mediaType": "voice",
                "direction": "inbound",
                "ani": "tel:+33140000001",
                "metrics": [{"name": name, "value": value} for name, value in metrics.items()],
                "segments": [
                    {
                        "segmentType": "interact",
                        "segmentStart": f"2026-03-02T10:0{start}:00.000Z",
                        "segmentEnd": f"2026-03-02T10:0{end}:00.000Z",
                        "queueId": "sales",
                    }
                ],
            }
        ],
    }


def _conversation(name, *stages):
    return {
        "conversationId": name,
        "conversationStart": "2026-03-02T10:00:00.000Z",
        "conversationEnd": "2026-03-02T10:05:00.000Z",
        "originatingDirection": "inbound",
        "participants": [_stage("customer", 0, 5), *stages],
    }


CONVERSATIONS = {
    "conversations": [
        _conversation(
            "v-1",
            _stage("acd", 1, 2, tAcd=60_000),
            _stage("agent", 2, 5, "u-ada", tAnswered=60_000, tTalkComplete=180_000),
        ),
        _conversation("v-2", _stage("acd", 1, 2, tAbandon=60_000)),
        _conversation("v-3", _stage("ivr", 0, 5, tIvr=300_000)),
    ]
}


def _leg(sid, **others):
    return {
        "sid": sid,
        "parent_call_sid": None,
        "from": "+33140000001",
        "to": "+33140000999",
        "direction": "inbound",
        "status": "completed",
        "start_time": "Mon, 02 Mar 2026 10:00:00 +0000",
        "end_time": "Mon, 02 Mar 2026 10:02:00 +0000",
        "duration": "120",
    } | others


LEGS = {
    "calls": [
        _leg("CA1"),
        _leg("CA2", parent_call_sid="CA1", direction="outbound-dial", to="client:ada"),
        _leg("CA3", status="no-answer"),
        _leg("CA4"),
    ]
}


@attrs.frozen
class Found:
    """What a reader made of its files."""

    rows: list
    places: list
    skipped: Counter
    refused: list
    notes: list
    unknown: list
    columns: tuple
    marked: dict

    @property
    def row(self):
        (row,) = self.rows
        return row

    def of(self, **fields):
        """Return the only row with these values."""
        (row,) = [r for r in self.rows if all(r[name] == value for name, value in fields.items())]
        return row


SAMPLES = {
    "asterisk-queue-log": QUEUE_LOG,
    "asterisk-cdr": CDR,
    "amazon-connect": "\n".join(map(json.dumps, CONTACTS)),
    "genesys-cloud": json.dumps(CONVERSATIONS),
    "twilio-calls": json.dumps(LEGS),
}
"""An export of three calls for each reader."""


@pytest.fixture
def samples():
    return SAMPLES


@pytest.fixture
def read_from():
    """Return the function that reads files that lie there already."""
    return read_files


@pytest.fixture
def export(tmp_path):
    """Return a function that writes an export and reads it."""
    count = iter(range(1000))

    def call(reader, *contents, table="calls", names=(), **options):
        folder = tmp_path / f"export-{next(count)}"
        folder.mkdir()
        files = []
        for place, content in enumerate(contents):
            name = names[place] if names else f"part-{place}"
            path = folder / name
            path.write_bytes(gzip.compress(raw(content)) if name.endswith(".gz") else raw(content))
            files.append(path)
        return read_files(reader, files, table, options, folder)

    return call


def raw(content):
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def read_files(reader, files, table="calls", options=None, folder=None):
    spec = SPECS[reader]
    pairs = read_source(spec, files, options or {}, table=table)  # holds it to its contract
    use = SourceUse(
        name="s",
        reader=spec.id,
        table=table,
        paths=tuple(map(str, files)),
        options=options or {},
    )
    scratch = (folder or files[0].parent) / "scratch"
    request = ReadRequest(use=use, files=tuple(files), scratch=scratch)
    found = REGISTRY.resolve(spec.read)(request)
    again = list(found.rows)
    assert len(again) == len(pairs)
    rows = [fields for _, _, fields in again if not isinstance(fields, ValueError | Skipped)]
    table_columns = {column.name for column in REGISTRY.get("table", table).columns}
    for row in rows:
        assert set(row) <= table_columns, "a row uses the canonical columns' names"
        assert set(row) <= set(found.columns), "and those that the reader says it gives"
    return Found(
        rows=rows,
        places=[(file, number) for file, number, f in again if isinstance(f, dict)],
        skipped=Counter(f.reason for _, _, f in again if isinstance(f, Skipped)),
        refused=[(number, f.args[0]) for _, number, f in again if isinstance(f, ValueError)],
        notes=list(found.notes),
        unknown=list(found.unknown_fields),
        columns=found.columns,
        marked={rule: count for rule, count in found.marked.items() if count},
    )
