"""Every parameter of the eight endpoints at its bounds, beyond them and of the wrong type, in both languages."""

import re

import pytest

from bounds import cases
from clients import Plain
from contract import EIGHT, endpoint
from raw import exchange

MEGABYTE_OF_TEXT = "1" * (1024 * 1024)


@pytest.mark.parametrize("path", EIGHT)
def test_parameters_at_their_bounds(either, path):
    """The documented code for every bad value, a success for every good one, on both engines; never a 5xx."""
    wrong, count = [], 0
    for name, case in cases(path):
        for language in (None, "en-us"):
            answer = either.plain.get(case.target, headers={"X-Language": language} if language else None)
            count += 1
            problem = judge(answer, name, case, language)
            if problem:
                wrong.append(f"{case.target[:120]} {language or 'zh'}: {problem}: {answer}")
    assert not wrong, f"{len(wrong)} of {count}\n" + "\n".join(wrong[:40])
    assert count >= 20


def judge(answer, name, case, language):
    """What is wrong with an answer, or None."""
    if answer.status == 200:
        return None if case.code is None else f"not {case.code}"
    if case.code is None:
        return "not a success"
    if answer.status != 400 or answer.code != case.code or set(answer.json()) != {"error_code", "error_msg"}:
        return f"not 400 {case.code}"
    if case.code == "GSL.00011001":
        is_english = "does not exist" in answer.message
    else:
        # The message names the field; bytes that are no text at all spoil the whole query.
        if not re.match(rf"({name}|query|path|iccid): ?\S", answer.message):
            return "does not name the field"
        is_english = answer.message.isascii()
    return None if is_english == bool(language) else "wrong language"


@pytest.mark.parametrize("path", EIGHT)
def test_a_megabyte_of_text(demo, path):
    """A request target of 1 MB is refused with 4xx whichever parameter it stands in, and the server goes on."""
    parameters = [f"?{name}=" for name in endpoint(path)["query"]]
    for query in parameters[:3]:
        target = path.replace("{sim_card_id}", "0") + query + MEGABYTE_OF_TEXT
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {demo.plain.token}\r\n\r\n"
        status = exchange(demo.server.port, head.encode())
        assert status in (400, 414, 431), status
    assert Plain(demo.server).get("/healthz").status == 200


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"iccid": {}}', '{"iccid": "8986"}', '"x"', "\x00"])
def test_odd_bodies_of_a_get(demo, body):
    """A detail asked for by a body that cannot be read, or by an unfit iccid, is a parameter error."""
    answer = demo.plain.get("/v1/sim-cards/0", body=body.encode())
    assert (answer.status, answer.code) == (400, "GSL.00010004"), answer


def test_lone_surrogates_in_a_body(demo):
    """An escaped unpaired surrogate in JSON is refused, not replaced by another character."""
    answer = demo.plain.get("/v1/sim-cards/0", body=rb'{"iccid": "898600000000000000\ud800"}')
    assert (answer.status, answer.code) == (400, "GSL.00010004"), answer
