"""What one finding says of a few documents, without files or processes."""

import json

from uptake.audit.findings import FINDINGS, Settings
from uptake.audit.page import Collector, Family, Tally, pages
from uptake.documents.record import DocumentRecord

KNOWN = {"made": {"how": "person", "author": "Ada"}, "status": {"kind": "report"}, "use": {"purpose": "a diary"},
         "rights": {"licence": "CC0-1.0"}}


def document(text, identity="d", **metadata):
    return DocumentRecord.model_validate({"id": identity, "text": text, "metadata": metadata})


def looked(name, *records, families=None, **settings):
    """Return the marks that one finding leaves on the documents, and its overview."""
    finding, tally = FINDINGS[name](Settings([name], **settings)), Tally()
    under = [page for record in records
             for page in pages(record, Family(*families[record.id]) if families else None)]
    if isinstance(finding, Collector) and not finding.idle:
        notes = [note for page in under if (note := finding.see(page)) is not None]
        finding.know(json.loads(json.dumps(finding.settle(notes))))
    marks = [mark for page in under for mark in finding.look(page, tally)]
    return marks, finding.overview(tally)
