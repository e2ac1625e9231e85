"""What the public reads and when it may come, changed on a screen; the configuration out and in as files."""

import io
import re
import tomllib
import zipfile
from html import unescape

import pytest

from hub.ask import Actor
from hub.errors import ConfigurationFault, Refused, Unreadable
from hub.publishing import actions, complaints, files, making, rules
from hub.queues import actions as queues
from hub.queues import pictures
from hub.services.appointment import actions as booking
from hub.services.appointment.actions import Wanted
from hub.services.cash import actions as cash
from hub.settings_files import load_settings, with_changes
from tests.hub.publishing.conftest import Agency, Supervisor
from tests.office import RECEPTION, demo_settings, settings_with

CASHIER = Actor(agent="01016E", roles=frozenset({"collections_cashier"}))


@pytest.fixture
def browser(house):
    house.people()
    return Supervisor(house)


def services(house, **changed):
    """The services' part as the page shows it, with some fields changed."""
    fields = {"part": "services"}
    for one in house.settings.services:
        under = f"services.{one.code}"
        fields |= {f"{under}.{name}": getattr(one, name) or "" for name in ("label", "short", "mean_min", "quota")}
        fields |= {
            f"{under}.last_ticket": one.last_ticket or "",
            f"{under}.group": one.group,
            f"{under}.icon": one.icon,
        }
        for language in house.settings.agency.languages:
            fields[f"{under}.kiosk.{language}"] = one.kiosk.get(language, "")
            fields[f"{under}.names.{language}"] = one.names.get(language, "")
            fields[f"{under}.papers.{language}"] = "\r\n".join(one.papers.get(language, ()))
            fields[f"{under}.guide.{language}"] = "\r\n".join(one.guide.get(language, ()))
    return fields | {name.replace("__", "."): value for name, value in changed.items()}


def reasons(house, code, **changed):
    """The reasons of a service as the page shows them, with some fields changed."""
    service = house.settings.service(code)
    fields = {"part": "reasons", "service": code, "errand": [each.code for each in service.reasons]}
    for each in service.reasons:
        fields[f"{each.code}.icon"] = each.icon
        for language in house.settings.agency.languages:
            fields[f"{each.code}.kiosk.{language}"] = each.kiosk.get(language, "")
            fields[f"{each.code}.papers.{language}"] = "\r\n".join(each.papers.get(language, ()))
    return fields | {name.replace("__", "."): value for name, value in changed.items()}


def published(browser, **fields):
    browser.send("/administration/preview", **fields)
    assert browser.status == 200, re.findall(r'role="alert">.*?</p>', browser.text)
    browser.send("/administration/publish", reason="demande de l'agence")
    assert browser.status == 303, browser.text[:2000]


def test_a_page_sent_back_as_it_was_shown_changes_nothing(untouched, looking):
    house, browser = untouched, looking
    browser.open("/administration")
    browser.send("/administration/preview", **services(house))
    assert (browser.status, "C'est déjà ainsi" in browser.text) == (409, True)


def test_a_quota_counts_for_the_next_ticket_and_the_kiosk_hears_of_its_words(house, browser):
    before = pictures.catalogue(house.hub)
    browser.open("/administration")
    published(browser, **services(house, services__DEP__quota="1", services__DEP__kiosk__fr="Remettre des pièces"))
    after = pictures.catalogue(house.hub)
    assert after.version != before.version
    words = {one.service: one.labels["fr"] for one in after.services}
    assert words["DEP"] == "Remettre des pièces"
    house.press("deposit")
    with house.hub.snapshot() as reader:
        closed = {one.service: one.why_closed for one in pictures.kiosks(house.hub, reader)("K1").services}
    assert closed["DEP"] == "quota"


def test_hours_and_messages_are_published(house, browser):
    browser.open("/administration?part=hours")
    hours = {}
    for day in ("mon", "tue"):
        hours |= {f"day.{day}.open": "08:00", f"day.{day}.close": "15:00"}
    published(browser, part="hours", **hours, **{"day.holidays": "12-25 easter+1"})
    assert {day: (one.open, one.close) for day, one in house.settings.day.hours.items()} == {
        "mon": ("08:00", "15:00"), "tue": ("08:00", "15:00"),
    }  # fmt: skip
    assert house.settings.day.holidays == ("12-25", "easter+1")
    browser.open("/administration?part=messages")
    more = "Certificat de vie : avant le 31.\r\n\r\nLe 25, on paie."
    published(browser, part="messages", **{"displays.SALLE.message": "Fermé à midi", "displays.SALLE.messages": more})
    assert house.settings.displays[0].message == "Fermé à midi"
    assert house.settings.displays[0].messages == ("Certificat de vie : avant le 31.", "Le 25, on paie.")
    assert "« demande de l'agence »" in browser.open("/administration?part=versions")
    assert "Lundi 08:00–15:00, Mardi 08:00–15:00" in browser.text


@pytest.mark.parametrize(
    ("part", "fields", "status"),
    [
        ("services", {"services__DEP__label": " "}, 422),
        ("services", {"services__DEP__mean_min": "vite"}, 422),
        ("services", {"services__DEP__quota": "-3"}, 422),
        ("services", {"services__DEP__last_ticket": "25:00"}, 422),
        ("hours", {"day.mon.open": "15:00", "day.mon.close": "08:00"}, 422),
        ("hours", {"day.timetable": "1"}, 422),
        ("hours", {"day.holidays": "Noël"}, 422),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(untouched, looking, part, fields, status):
    house, browser = untouched, looking
    browser.open(f"/administration?part={part}")
    before = house.hub.store.head
    sent = services(house, **fields) if part == "services" else {"part": part} | fields
    browser.send("/administration/preview", **sent)
    assert (browser.status, house.hub.store.head) == (status, before)
    assert 'role="alert"' in browser.raw


@pytest.mark.parametrize(
    ("part", "fields", "kept"),
    [
        ("administration?part=services", {"services.DEP.mean_min": "vite", "services.RAS.label": "Un nom"}, "Un nom"),
        (
            "administration?part=places",
            {"counters.05.label": " ", "counters.06.location": "au sous-sol"},
            "au sous-sol",
        ),
        ("administration?part=hours", {"day.holidays": "Noël", "day.mon.open": "07:11"}, "07:11"),
        ("routing?part=rules", {"queue.max_wait_min": "x", "alerts.pause_min": "41"}, "41"),
        ("routing?part=helps", {"help": "", "h..service": "PEN", "h..over_min": "", "h..after": "13"}, "13"),
    ],
)
def test_what_was_filled_in_stays_and_the_word_is_at_the_field(untouched, looking, part, fields, kept):
    browser, (page, _, part) = looking, part.partition("?part=")
    browser.open(f"/{page}?part={part}")
    whole = services(untouched) if part == "services" else {"part": part}
    browser.send(f"/{page}/preview", **whole | fields)
    assert browser.status == 422
    assert f'value="{kept}"' in browser.raw
    if part != "hours":  # hours go together or not: no field is at fault alone
        wrong = re.search(r'<input [^>]*aria-invalid="true" aria-describedby="([^"]+)" autofocus', browser.raw)
        assert wrong, "the field at fault is where the eye comes"
        assert f'<span class="error" id="{wrong[1]}">' in browser.raw


def test_queues_of_counters_that_were_chosen_stay_after_a_refusal(untouched, looking):
    looking.open("/routing?part=counters")
    chosen = {"part": "counters", "counter": ["05", "06"], "s.05.PEN": "", "s.06.PEN": "10", "languages.06": ["fr"]}
    looking.send("/routing/preview", **chosen)
    assert (looking.status, "Le guichet 05 n'appellerait plus personne" in looking.text) == (409, True)
    (select,) = re.findall(r'<select name="s\.06\.PEN".*?</select>', looking.raw, re.DOTALL)
    assert '<option value="10" selected>' in select


@pytest.mark.parametrize("path", ["/administration", "/administration?part=places", "/routing"])
def test_enter_in_a_field_looks_at_the_effect_and_takes_nothing_away(looking, path):
    """A browser presses the first button of the form: that of the first service took it away."""
    looking.open(path)
    form = looking.raw.partition('id="filled"')[2]
    first = re.search(r"<button[^>]*>", form)[0]
    assert 'type="submit"' in first
    assert "remove" not in first


# --- made and taken away on the screen --------------------------------------------------------------

VISAS = {
    "new.code": "VIS", "new.prefix": "W", "new.label": "Visas et timbres", "new.kiosk.fr": "Obtenir un visa",
    "new.icon": "id-badge-2", "new.counters": ["03", "05"], "new.group": "Guichet unique",
}  # fmt: skip


def test_a_service_made_on_the_screen_is_at_the_kiosk_and_called_at_once_and_goes_again(house, browser):
    house.counter("05").open("00902F")
    browser.open("/administration")
    before = pictures.catalogue(house.hub)
    published(browser, **services(house), **VISAS)
    added = house.settings.service("VIS")
    assert (added.label, added.prefix, added.group, added.mean_min) == ("Visas et timbres", "W", "Guichet unique", 10)
    assert "VIS" in house.serves("03")
    assert "VIS" in house.serves("05")
    after = pictures.catalogue(house.hub)
    assert after.version != before.version, "kiosks are told"
    assert {one.service: one.labels["fr"] for one in after.services}["VIS"] == "Obtenir un visa"
    label = queues.issue(house.hub, house.ask(RECEPTION), service="VIS", channel="reception")["label"]
    assert label == "W001"
    browser.open("/administration")
    browser.send("/administration/preview", part="services", remove="VIS")
    assert (browser.status, "VIS a encore des tickets ouverts (1)" in browser.text) == (409, True)
    house.counter("05").next()
    house.counter("05").start().finish()
    browser.open("/administration")
    published(browser, part="services", remove="VIS")
    assert house.settings.service("VIS") is None
    assert "VIS" not in house.serves("03")
    assert house.settings == house.hub.files, "nothing of it is left"
    house.back_before(house.version)
    assert house.settings.service("VIS").label == "Visas et timbres"
    house.starts_again()
    assert house.settings.service("VIS").prefix == "W", "it stands over a restart"
    assert "ajouté" in browser_of(house).open("/administration?part=versions")


def browser_of(house):
    return Supervisor(house)


def test_a_counter_has_its_name_and_place_in_each_language_and_a_name_stays_in_its_field(house, browser):
    house.publish(counters__21__label='Bureau" autofocus onfocus=x')
    browser.open("/administration?part=places")
    assert 'placeholder="Bureau&#34; autofocus onfocus=x"' in browser.raw, "the plain name is the hint of the others"
    places = {"part": "places", "counters.05.names.ar": "إيداع", "counters.05.locations.ar": "في المقابل"}
    for one in house.settings.counters:
        places |= {f"counters.{one.code}.{name}": getattr(one, name) for name in ("label", "location", "arrow")}
    published(browser, **places)
    five = house.settings.counter("05")
    assert (five.names, five.locations) == ({"ar": "إيداع"}, {"ar": "في المقابل"}), "what is left out goes"


def test_a_counter_made_on_the_screen_calls_at_once_and_goes_when_it_is_closed(house, browser):
    house.give("deposit")
    browser.open("/administration?part=places")
    places = {"part": "places"}
    for one in house.settings.counters:
        places |= {f"counters.{one.code}.{name}": getattr(one, name) for name in ("label", "location", "arrow")}
        places |= {f"counters.{one.code}.{name}.{each}": words
                   for name in ("names", "locations") for each, words in getattr(one, name).items()}  # fmt: skip
    published(browser, **places, **{"new.code": "77", "new.label": "Renfort", "new.kind": "specialised",
                                    "new.services": ["DEP"]})  # fmt: skip
    assert house.counter("77").open("00902F").next() == "D001"
    house.counter("77").start().finish()
    browser.open("/administration?part=places")
    browser.send("/administration/preview", part="places", remove="77")
    assert (browser.status, "Le guichet 77 est ouvert" in browser.text) == (409, True)
    house.counter("77").close()
    browser.open("/administration?part=places")
    published(browser, part="places", remove="77")
    assert house.settings.counter("77") is None
    assert house.settings == house.hub.files


def test_a_service_of_the_files_goes_with_all_that_named_it_and_comes_back(house, browser):
    house.publish(
        counters__03__services=["RAS", "DEP"], counters__03__weights={"DEP": 5},
        helps__PIECES={"code": "PIECES", "queue": "DEP", "counters": ["05"], "over_min": 20, "after": 1},
        profiles__00902F={"agent": "00902F", "skills": {"DEP": 3}, "languages": []},
    )  # fmt: skip
    for code in ("06", "05"):
        house.publish(**{f"counters__{code}__services": ["DEP", "PEN"]})
    version, buttons = house.version, house.settings.kiosk.buttons
    browser.open("/administration")
    browser.send("/administration/preview", part="services", remove="DEP")
    assert "Boutons câblés de la borne" in browser.text, "what hangs on it is shown before"
    assert "Dépôt de pièces (broche 4)" in browser.text
    browser.send("/administration/publish", reason="file fermée")
    assert house.settings.service("DEP") is None
    assert [each.service for each in house.settings.kiosk.buttons] == [b.service for b in buttons if b.service != "DEP"]
    assert "4" not in pictures.catalogue(house.hub).buttons
    assert [c.code for c in house.settings.counters if "DEP" in c.services or "DEP" in c.weights] == []
    assert (house.settings.helps, house.settings.profiles) == ((), ())
    house.back_before(version + 1)
    assert house.settings.service("DEP").label == house.hub.files.service("DEP").label
    assert house.settings.kiosk.buttons == buttons
    assert house.settings.counter("03").weights == {"DEP": 5}


def test_a_counter_goes_with_the_panel_that_is_wired_to_it_and_comes_back_with_it(house, browser):
    browser.open("/administration?part=places")
    browser.send("/administration/preview", part="places", remove="02")
    assert "Pupitres câblés" in browser.text
    assert "guichet 02 (touches : 5, voyants : 4)" in browser.text
    browser.send("/administration/publish", reason="guichet supprimé")
    assert browser.status == 303, browser.text
    assert house.settings.counter("02") is None
    assert [each.counter for each in house.settings.panel.counters] == ["05"]
    house.starts_again()
    assert [each.counter for each in house.settings.panel.counters] == ["05"], "it stands over a restart"
    with house.hub.snapshot() as reader:
        assert "02" not in [one.counter for one in pictures.counters(house.hub, reader, ("02", "05"), {}).counters]
    house.back_before(house.version)
    assert [each.counter for each in house.settings.panel.counters] == ["05", "02"]


def test_a_screen_that_is_for_one_counter_alone_keeps_it_until_it_is_given_another(tmp_path):
    sign = {"name": "ENSEIGNE", "layout": "sign", "counters": ["03"]}
    house = Agency(tmp_path / "data", {"displays": [sign]}).people()
    house.open_day()
    browser = Supervisor(house)
    browser.open("/administration?part=places")
    browser.send("/administration/preview", part="places", remove="03")
    assert (browser.status, "donnez-lui d'abord un autre guichet, onglet Messages" in browser.text) == (409, True)
    browser.open("/administration?part=messages")
    assert 'type="radio" name="displays.ENSEIGNE.counters" value="03" checked' in browser.raw
    published(browser, part="messages", **{"displays.ENSEIGNE.counters": "06"})
    assert house.settings.displays[0].counters == ("06",)
    browser.open("/administration?part=places")
    published(browser, part="places", remove="03")
    assert house.settings.counter("03") is None
    house.hub.store.close()


def test_the_counter_of_a_till_that_somebody_holds_and_a_service_that_somebody_is_expected_for_stay(tmp_path):
    house = Agency(tmp_path / "data", {"counter_services": ["cash", "request", "appointment"]}).people()
    house.open_day()
    house.publish(counters__06__services=["DEP", *house.serves("11")])
    browser = Supervisor(house)
    cash.open_session(house.hub, house.ask(CASHIER), till="C01", pieces={"n10000": 5})
    browser.open("/administration?part=places")
    browser.send("/administration/preview", part="places", remove="11")
    assert browser.status == 409
    assert "La caisse C01 du guichet 11 n'est pas arrêtée (01016E, 2026-03-02) : comptez-la" in browser.text
    free = booking.times_told(house.hub, service="PEN", day="2026-03-09")["days"][0]
    wanted = Wanted(service="PEN", day=free["day"], time=free["times"][0], name="BAMOU", telephone="066000000")
    booking.book(house.hub, house.ask(RECEPTION), wanted=wanted)
    wanted = making.without(house.settings, "services", "PEN") | {"counters.08.services": rules.as_text(["DEP"])}
    with house.hub.snapshot() as reader, pytest.raises(Refused) as refused:
        actions.proposed(house.hub, reader, wanted)
    assert (refused.value.reason, refused.value.facts["count"]) == ("booked_there", 1)
    house.hub.store.close()


# --- reasons of visit -------------------------------------------------------------------------------


def test_reasons_are_made_changed_and_taken_away_on_the_screen_and_the_kiosk_offers_them(house, browser):
    kept = [each.code for each in house.settings.service("PEN").reasons]
    browser.open("/administration?part=reasons&service=PEN")
    browser.send("/administration/preview", **reasons(house, "PEN"))
    assert (browser.status, "C'est déjà ainsi" in browser.text) == (409, True)
    fresh = {
        "new.code": "invalidite", "new.kiosk.fr": "Pension d'invalidité", "new.icon": "users",
        "new.papers.fr": "Acte de décès\r\n\r\nActe de mariage", f"{kept[0]}.kiosk.fr": "Certificat de vie signé",
        f"{kept[1]}.gone": "1",
    }  # fmt: skip
    browser.send("/administration/preview", **reasons(house, "PEN") | fresh)
    assert browser.status == 200, browser.text
    assert "Certificat de vie signé" in browser.text
    assert "Pension d'invalidité" in browser.text
    browser.send("/administration/publish", reason="demande de l'agence")
    assert browser.status == 303, browser.text
    offered = {one.service: one for one in pictures.catalogue(house.hub).services}["PEN"].reasons
    assert [one.reason for one in offered] == [kept[0], *kept[2:], "INVALIDITE"]
    assert offered[0].labels["fr"] == "Certificat de vie signé"
    assert offered[0].labels["ar"] == house.hub.files.service("PEN").reason(kept[0]).kiosk["ar"]
    assert offered[-1].papers == {"fr": ("Acte de décès", "Acte de mariage")}
    label = queues.issue(house.hub, house.ask(RECEPTION), service="PEN", channel="reception", sub_reason="INVALIDITE")
    assert label["label"] == "V001"
    house.back_before(house.version)
    assert [each.code for each in house.settings.service("PEN").reasons] == kept


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"new.code": "DEUX MOTS", "new.kiosk.fr": "Autre"}, "Un motif a un code"),
        ({"new.code": "CERT-VIE", "new.kiosk.fr": "Autre"}, "chaque code une fois"),
        ({"new.code": "AUTRE"}, "Donnez un nom au motif"),
        ({"new.code": "AUTRE", "new.kiosk.fr": "Autre", "new.icon": "licorne"}, "le pictogramme licorne n'existe pas"),
    ],
)
def test_a_reason_that_makes_no_sense_is_not_made(untouched, looking, fields, said):
    house, browser = untouched, looking
    browser.open("/administration?part=reasons&service=PEN")
    before = house.hub.store.head
    browser.send("/administration/preview", **reasons(house, "PEN") | fields)
    assert (browser.status, house.hub.store.head, said in browser.text) == (422, before, True), browser.text[:3000]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"new.code": "DEP"}, "Ce code existe déjà."),
        ({"new.code": "visa 2"}, "Un code court"),
        ({"new.prefix": "D"}, "Cette lettre est déjà"),
        ({"new.prefix": "W2"}, "Une ou deux capitales"),
        ({"new.label": " "}, "Un nom est nécessaire."),
        ({"new.mean_min": "vite"}, "Un nombre de minutes"),
        ({"new.counters": []}, "Choisissez au moins un guichet"),
        ({"new.icon": "licorne"}, "ne vont pas ensemble"),
        ({"remove": "RIEN"}, "Il n'existe plus"),
    ],
)
def test_a_service_that_makes_no_sense_is_not_made(untouched, looking, changed, said):
    house, browser = untouched, looking
    browser.open("/administration")
    before = house.hub.store.head
    browser.send("/administration/preview", **(services(house) | VISAS | changed))
    assert (400 <= browser.status < 500, house.hub.store.head) == (True, before)
    assert said in browser.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"services.DEP.icon": "licorne"}, "DEP : le pictogramme licorne n'existe pas."),
        ({"services.DEP.last_ticket": "23:30"}, "DEP : le dernier ticket à 23:30 est en dehors des horaires"),
        ({"services.DEP.last_ticket": "25:00"}, "DEP : « 25:00 » ne convient pas"),
        ({"services.DEP": None}, "Guichet 05 : le service DEP n'existe pas."),
        ({"counters.05.printer": "NADA"}, "Guichet 05 : l'imprimante NADA n'existe pas."),
        ({"counters.05.weights": {"PEN": 5}}, "des minutes sont comptées pour PEN"),
        ({"counters.05": None}, "Un pupitre est câblé au guichet 05, qui n'existe pas"),
        ({"queue.max_wait_min": 0}, "queue : « 0 » ne convient pas (max_wait_min)."),
        ({"displays.SALLE.services": ["XXX"]}, "Écran SALLE : XXX n'existe pas."),
        ({"profiles.X": {"agent": "X", "skills": {"QQ": 1}, "languages": []}}, "Agent X : le service QQ n'existe pas."),
        ({"day.hours": {"mon": {"open": "15:00", "close": "08:00"}}}, "Lundi : l'ouverture, le dernier ticket"),
        ({"day.hours": {}, "day.timetable": True}, "il faut des heures"),
        ({"day.holidays": ["Noël"]}, "Jours fériés : « Noël » n'est pas un jour."),
    ],
)
def test_what_does_not_fit_is_said_in_the_words_of_the_office(agency, wrong, said):
    values = rules.values_of(agency) | {name: rules.as_text(value) for name, value in wrong.items()}
    with pytest.raises(ConfigurationFault) as fault:
        with_changes(agency, rules.in_plain(agency, values))
    assert said in complaints.in_words("fr", fault.value.problems)


# --- as files ---------------------------------------------------------------------------------------


def unpacked(folder, content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return load_settings(folder)


def test_what_goes_out_is_read_as_what_stands(house, browser, tmp_path):
    house.publish(
        counters__03__services=["RAS", "DEP"], counters__03__weights={"DEP": 5},
        helps__PENSIONS={"code": "PENSIONS", "queue": "PEN", "counters": ["05"], "over_min": 20, "after": 1},
        profiles__00902F={"agent": "00902F", "skills": {"PEN": 3}, "languages": ["fr"]},
    )  # fmt: skip
    answer = browser.client.get("/administration/files.zip")
    assert answer.status_code == 200
    found = unpacked(tmp_path / "out", answer.data)
    stands = house.settings
    for name in type(found).model_fields:
        if name not in ("folder", "hub"):
            assert getattr(found, name) == getattr(stands, name), name
    for path in (tmp_path / "out").glob("*.toml"):
        tomllib.loads(path.read_text("utf-8"))


def test_files_that_come_in_are_shown_with_their_effect_and_published(house, browser):
    other = settings_with({"queue": {"max_wait_min": 45}})
    browser.open("/administration?part=files")
    sent = browser.hidden() | {"file": (io.BytesIO(files.written(other)), "configuration.zip")}
    answer = browser.client.post("/administration/files", data=sent, content_type="multipart/form-data")
    browser.raw, browser.text = answer.text, unescape(answer.text)
    assert answer.status_code == 200
    assert "Attente maximale" in browser.text
    browser.send("/administration/publish", reason="reprise")
    assert house.settings.queue.max_wait_min == 45


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 70_000, files.written(demo_settings())[:-40]])
def test_a_file_that_is_no_configuration_is_said_to_be_none(looking, content):
    browser = looking
    browser.open("/administration?part=files")
    sent = browser.hidden() | {"file": (io.BytesIO(content), "configuration.zip")}
    answer = browser.client.post("/administration/files", data=sent, content_type="multipart/form-data")
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text


def test_an_archive_that_would_grow_is_not_read():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("agency.toml", b"#" * 50_000_000)
    with pytest.raises(Unreadable) as refused:
        files.read(bomb.getvalue())
    assert refused.value.reason == "no_archive"
