"""What a screen with a zone, and the sign above a counter, see of the calls."""

from hub.queues import pictures


def seen(office, zone=(), sign=""):
    with office.hub.snapshot() as reader:
        return pictures.boards(office.hub, reader)(zone, sign)


def test_a_zone_s_calls_are_seen_however_many_were_called_elsewhere(office):
    office.press("deposit")
    office.counter("05").open("00902F").next()
    office.counter("02").open("00815D")
    for _ in range(pictures.CALLS_SHOWN + 1):
        office.press("inquiry")
        office.counter("02").serve(minutes=1)
    assert "05" not in {call.counter for call in seen(office).calls}
    assert [(call.ticket, call.counter) for call in seen(office, ("05", "06")).calls] == [("D001", "05")]
    assert seen(office, ("06",)).calls == ()


def test_a_sign_says_how_its_counter_stands(office):
    assert seen(office).sign is None
    states = [seen(office, ("05",), "05").sign.state]
    office.press("deposit")
    counter = office.counter("05").open("00902F")
    states.append(seen(office, ("05",), "05").sign.state)
    counter.next()
    states.append(seen(office, ("05",), "05").sign.state)
    assert states == ["closed", "free", "calling"]
    assert seen(office, ("05",), "05").sign.label == "Dépôts de pièces"


def test_no_screen_learns_who_somebody_is_or_why_they_came(office):
    office.give("deposit", requester="Mme KIMBEMBE Aurélie", registration_number="0123456789")
    office.counter("05").open("00902F").next()
    told = str(seen(office, ("05",), "05"))
    assert "D001" in told
    assert not any(word in told for word in ("KIMBEMBE", "Aurélie", "0123456789"))
