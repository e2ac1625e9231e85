"""What goes over the wire of the hall: TLS with the hub's own authority, which devices know by its key."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from playwright.sync_api import Error as PlaywrightError

from hub.agents import csrf
from hub.authority import LASTS, browser_pin, fingerprint, open_authority, own_names, pin_of
from hub.client import HubClient
from hub.doctor import secrecy
from hub.door import Door as Doors
from hub.door import Doorman, Limits
from hub.errors import ConfigurationFault
from hub.installation.setup import believed
from hub.joining import Joiner, TokenFile, ask
from hub.pin import pinned
from hub.rounds import line
from tests.agency import Door, hub_with, opened, until
from tests.chromium import ARGUMENTS, CHROMIUM
from tests.hub.test_door import wanted
from tests.patience import patience

pytestmark = pytest.mark.slow

NEIGHBOUR = ("127.0.0.2", 0)
NOW = datetime(2026, 3, 2, 7, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("agency"), hub_with(host="0.0.0.0")) as agency:  # noqa: S104 (with the door of a real one)
        yield agency


@pytest.fixture(scope="module")
def authority(hub):
    return hub.folder / "data" / "keys" / "authority.pem"


def asked(hub, path, context=None, **head):
    """What a neighbour is answered: status, head, body."""
    at = ("127.0.0.1", hub.port)
    line = (
        http.client.HTTPSConnection(*at, timeout=patience(5), source_address=NEIGHBOUR, context=context)
        if context
        else http.client.HTTPConnection(*at, timeout=patience(5), source_address=NEIGHBOUR)
    )
    with closing(line):
        line.request("GET", path, headers=head)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()


# --- over the wire ---------------------------------------------------------------------------


def test_a_neighbour_who_speaks_plainly_is_led_to_tls_and_told_nothing(hub):
    status, head, body = asked(hub, "/login")
    assert (status, head["Location"], body) == (308, f"https://127.0.0.1:{hub.port}/login", b"")
    status, _, body = asked(hub, "/api/v1/board", Authorization=f"Bearer {hub.tokens['api']}")
    assert (status, b"tls_only" in body) == (403, True)
    assert asked(hub, "/socket.io/?EIO=4&transport=websocket", Host="a b")[0] == 403


def test_this_box_itself_may_speak_plainly(hub):
    assert hub.api.get("board")["calls"] == []


def test_the_authority_is_there_for_whoever_is_to_believe_it(hub, authority):
    status, head, body = asked(hub, "/authority.pem")
    assert (status, head["Content-Type"]) == (200, "application/x-x509-ca-cert")
    assert body == authority.read_bytes()


def test_who_knows_the_authority_is_answered_by_tls(hub, authority):
    status, head, _ = asked(hub, "/healthz", pinned(authority))
    assert status == 200
    assert head["Permissions-Policy"]


def test_a_browser_s_checks_of_name_and_date_pass_too(hub, authority):
    strict = ssl.create_default_context(cafile=authority)
    assert asked(hub, "/healthz", strict)[0] == 200


def test_nobody_else_s_authority_is_believed(hub, tmp_path):
    other = open_authority(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    (tmp_path / "other.pem").write_bytes(other.certificate)
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(hub, "/healthz", pinned(tmp_path / "other.pem"))
    line = HubClient(f"https://127.0.0.1:{hub.port}", lambda: hub.tokens["kiosk"], tmp_path / "other.pem").open()
    assert not line.wait_connected(1)
    line.close()


def test_nothing_older_than_tls_1_2_is_spoken(hub, authority):
    old = pinned(authority)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        asked(hub, "/healthz", old)


def test_a_device_asks_and_hears_by_tls_while_pictures_come(hub, authority):
    """One thread reads the line while another writes it, at both ends."""
    here = f"https://127.0.0.1:{hub.port}"
    kiosk = HubClient(here, lambda: hub.tokens["K51"], authority).open()
    display = HubClient(here, lambda: hub.tokens["display"], authority).open()
    try:
        assert kiosk.wait_connected(5)
        assert display.wait_connected(5)
        asking = [
            threading.Thread(target=lambda: [kiosk.ask("issue", uuid4().hex, 10, service="XES") for _ in range(50)])
            for _ in range(4)
        ]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        assert hub.api.get("board")["seq"] >= 200
        assert not kiosk.away, "the line broke"
        assert "Traceback" not in hub.log()
    finally:
        kiosk.close()
        display.close()


def test_a_box_that_nobody_knows_asks_and_is_given_its_token_by_tls(hub, authority, tmp_path):
    """A kiosk that never had one: its line tells that it is a stranger, its code is typed, its line comes up."""
    here, token, shown = f"https://127.0.0.1:{hub.port}", TokenFile(tmp_path / "kiosk.token"), []
    joiner = Joiner("kiosk", here, authority, token, shown.append).open()
    line = HubClient(here, token.read, authority)
    line.listen(lambda *_: None, joiner.heard(lambda _: None), joiner.stranger).open()
    until(lambda: shown, 5, "a code")
    session = hub.session("00001A")[0]
    form = f"code={shown[0]}&name=K9"
    head = {"Cookie": session, csrf.HEADER: csrf.token_for(session.partition("=")[2])}
    with closing(Door(hub.port)) as page:
        head["Content-Type"] = "application/x-www-form-urlencoded"
        assert page.send("POST", "/devices/pair", form.encode(), **head)[0] == 303
    assert line.wait_connected(8)
    assert token.path.stat().st_mode & 0o777 == 0o600
    until(lambda: shown[-1] == "", 1, "the code goes")
    line.close()
    joiner.close()


def test_who_stands_in_the_hub_s_place_is_asked_for_no_token(hub, tmp_path):
    other = open_authority(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    with pytest.raises(ConfigurationFault, match="does not answer"):
        ask(f"https://127.0.0.1:{hub.port}", "kiosk", other.certificate)


@pytest.mark.nightly
@pytest.mark.skipif(not shutil.which("sslscan"), reason="needs sslscan")
def test_sslscan_finds_nothing_old_weak_or_leaking(hub, note):
    told = subprocess.run(
        ["sslscan", "--no-colour", "--xml=-", f"127.0.0.1:{hub.port}"], check=True, capture_output=True, text=True
    ).stdout
    found = [
        dict(re.findall(r'(\w+)="([^"]*)"', tag)) | {"of": tag.split()[0]} for tag in re.findall(r"<(\w[^>]*)>", told)
    ]
    spoken = {
        f"{each['type']} {each['version']}" for each in found if each["of"] == "protocol" and each["enabled"] == "1"
    }
    ciphers = [each for each in found if each["of"] == "cipher"]
    note(f"{sorted(spoken)}; ciphers {', '.join(each['cipher'] for each in ciphers)}")
    assert spoken == {"tls 1.2", "tls 1.3"}
    assert {each["strength"] for each in ciphers} <= {"strong", "acceptable"}
    assert all(KIND_OF_CIPHER.fullmatch(each["cipher"]) for each in ciphers), "a key for each line, and no CBC"
    assert {each["vulnerable"] for each in found if each["of"] == "heartbleed"} <= {"0"}
    assert {each["supported"] for each in found if each["of"] == "compression"} <= {"0"}
    assert {each["secure"] for each in found if each["of"] == "renegotiation" and each["supported"] == "1"} <= {"1"}


#: Each line has a key of its own (ECDHE; TLS 1.3 always), and what is read was not altered (AEAD).
KIND_OF_CIPHER = re.compile(r"TLS_(AES|CHACHA20).*|ECDHE-ECDSA-(AES\d+-GCM-.*|CHACHA20-POLY1305)")


@pytest.mark.browser
def test_the_hall_s_screen_is_a_browser_that_knows_the_key(hub, authority, chromium, tmp_path):
    """As systemd/screen starts it; the same browser without the pin shows a warning and no board."""
    pin = browser_pin(authority.read_bytes())
    address = f"https://127.0.0.1:{hub.port}/display#{hub.tokens['display']}"
    for flag, shown in ((f"--ignore-certificate-errors-spki-list={pin}", True), ("--mute-audio", False)):
        window = chromium.browser_type.launch_persistent_context(
            tmp_path / str(shown), executable_path=CHROMIUM, args=[*ARGUMENTS, flag]
        )
        page = window.new_page()
        if shown:
            page.goto(address)
            page.wait_for_selector("#clock time:not(:empty)")
        else:
            with pytest.raises(PlaywrightError, match="ERR_CERT"):
                page.goto(address)
        window.close()


# --- how it is believed ----------------------------------------------------------------------


def test_a_box_that_is_set_up_takes_the_key_that_people_have_compared(hub, authority):
    here = f"https://127.0.0.1:{hub.port}"
    assert believed(here, fingerprint(authority.read_bytes()).lower()) == authority.read_bytes()
    with pytest.raises(ConfigurationFault, match="is it the right hub"):
        believed(here, "AAAA-BBBB-CCCC-DDDD")


def test_the_doctor_tells_the_key_and_a_device_that_believes_another(hub, authority, tmp_path):
    there = hub.settings.hub.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 (read, not bound)
    (tmp_path / "role").write_text("hub kiosk\n")
    box = hub.settings.model_copy(update={"hub": there, "folder": tmp_path})
    found = next(secrecy(box)).found
    assert found.startswith(f"the key of this hub is {fingerprint(authority.read_bytes())}")
    open_authority(tmp_path, ["localhost"], NOW)
    other = tmp_path / "keys" / "authority.pem"
    for file, state in ((authority, "ok"), (other, "fault")):
        kiosk = box.kiosk.model_copy(update={"hub": f"https://127.0.0.1:{hub.port}", "authority": file})
        assert [found.state for found in line(box.model_copy(update={"kiosk": kiosk}))] == [state]


def test_pairing_tells_the_key_beside_the_token(hub, authority):
    config = hub.folder / "config"
    told = subprocess.run(
        [sys.executable, "-m", "hub.cli", "pair", "api", "A77", "--config", config],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(told.stdout.split()) == 1
    assert told.stderr == "", "a hub on loopback has no neighbours"
    assert pin_of(hub.settings) == ""


# --- the rules alone -------------------------------------------------------------------------


def test_the_key_stays_and_the_certificate_is_made_anew_in_time(tmp_path):
    authority = open_authority(tmp_path, ["192.168.1.10"], NOW)
    first = authority.fingerprint
    assert not authority.renew(["192.168.1.10"], NOW + timedelta(days=300))
    assert authority.renew(["192.168.1.10"], NOW + timedelta(days=340)), "it runs out"
    assert authority.renew(["192.168.1.11"], NOW + timedelta(days=340)), "the box has moved"
    assert authority.renew(["192.168.1.11"], NOW), "the clock went back to before it was made"
    assert open_authority(tmp_path, ["192.168.1.11"], NOW).fingerprint == first
    assert (tmp_path / "keys" / "authority.key").stat().st_mode & 0o777 == 0o600


def test_the_certificate_lasts_no_longer_than_browsers_want(tmp_path):
    open_authority(tmp_path, own_names(), NOW)
    made = x509.load_pem_x509_certificate((tmp_path / "keys" / "hub.pem").read_bytes())
    assert made.not_valid_after_utc - NOW == LASTS
    assert LASTS.days <= 398


def test_the_authority_can_speak_for_local_names_alone(tmp_path):
    """A thief of the hub's key cannot be anybody's bank."""
    authority = open_authority(tmp_path, ["192.168.1.10", "bank.example", "8.8.8.8", "accueil.local"], NOW)
    made = x509.load_pem_x509_certificate((tmp_path / "keys" / "hub.pem").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert sorted(str(name.value) for name in names) == ["192.168.1.10", "accueil.local"]
    own = x509.load_pem_x509_certificate(authority.certificate)
    limits = own.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert not [name for name in limits.value.permitted_subtrees if "0.0.0.0/0" in str(name.value)]


def test_people_compare_sixteen_letters(tmp_path):
    authority = open_authority(tmp_path, ["localhost"], NOW)
    groups = fingerprint(authority.certificate).split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]


@pytest.mark.parametrize(("address", "secret", "status"), [
    ("10.0.0.7", True, "308"), ("10.0.0.7", False, "200"), ("127.0.0.1", True, "200"), ("::1", True, "200"),
])  # fmt: skip
def test_who_is_led_to_tls(address, secret, status):
    seen = []
    doorman = Doorman(lambda _, start: start("200 OK", []) or [b""], Doors(), secret=secret)
    environ = wanted(b"").environ | {"REQUEST_METHOD": "GET", "REMOTE_ADDR": address, "HTTP_HOST": "hub.local:8080"}
    doorman(environ, lambda status, _: seen.append(status))
    assert seen[0].startswith(status)


def test_a_stranger_who_begins_a_word_in_tls_and_never_ends_it_is_shown_out_as_one_who_says_nothing(hub, authority):
    """Half a record is no word: who waits for the rest of it waits no longer than for the first frame."""
    context, record = pinned(authority), ssl.MemoryBIO()
    with closing(socket.create_connection(("127.0.0.1", hub.port), patience(5), source_address=NEIGHBOUR)) as line:
        came = ssl.MemoryBIO()
        tls = context.wrap_bio(came, record)
        speak(line, came, record, tls.do_handshake)
        tls.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in speak(line, came, record, lambda: tls.read(4096))
        tls.write(b"\x81\x80")
        line.sendall(record.read()[:10])
        began = time.monotonic()
        line.settimeout(patience(15))
        while line.recv(4096):
            pass
    assert time.monotonic() - began < patience(Limits().hello_s + 1)


def speak(line, came, record, step):
    """What a step of TLS gives, its records carried by hand."""
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            line.sendall(record.read())
            came.write(line.recv(16_384))
        finally:
            if record.pending:
                line.sendall(record.read())
