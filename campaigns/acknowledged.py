"""What was acknowledged against what a journal says: law I14, "every acknowledged command is there, once"."""
import contextlib, json, sqlite3

MAKES = ("/v1/vouchers", "/v1/jobs", "/v1/reservations")  # what a POST there makes has an id


def answers_in(journal):
    """(sequence, key, made, code) of each entry of the journal's file that answers a request key."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as base:
        for sequence, text in base.execute("SELECT sequence, bytes FROM entry ORDER BY sequence"):
            entry = json.loads(text)
            for event in entry["events"]:
                if event["kind"] == "answered" and event["key"]:
                    yield sequence, event["key"], event["made"], None
                elif event["kind"] == "refused" and event["key"]:
                    yield sequence, event["key"], None, f"G{event['error']['code']}"


def compare(acknowledged, answers):
    """The commands that were lost, and those that were done twice, each as a sentence.

    acknowledged: key -> (path, body, HTTP status, id or code), as the daemon answered it.
    answers: what answers_in() gives.
    """
    lost, doubled = [], []
    found, makers = {}, {}
    for sequence, key, made, code in answers:
        if key in found:
            doubled.append(f"key {key} is answered by entry {found[key][0]} and by entry {sequence}")
            continue
        found[key] = sequence, made, code
        makes = key in acknowledged and acknowledged[key][0] in MAKES
        if made and makes and makers.setdefault(made, key) != key:
            doubled.append(f"{made} was made by {makers[made]} and by {key}")
    for key, (path, _, status, what) in acknowledged.items():
        if key not in found:
            lost.append(f"key {key}: acknowledged with {status} {what}, and no entry answers it")
            continue
        sequence, made, code = found[key]
        if status != 200:
            same = code == what
        else:
            same = code is None and (path not in MAKES or made == what)
        if not same:
            lost.append(f"key {key}: acknowledged with {status} {what}, and entry {sequence} says {code or made}")
    return lost, doubled
