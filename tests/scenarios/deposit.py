"""S1's deposit: eight documents of the fund's own receipt (D.4), their paper, and what a validator decides of them."""

import json
import re
import sqlite3
from contextlib import closing

from playwright.sync_api import expect

from hardware.escpos_reader import Drawn
from tests.agency import until
from tests.hub.services.scanner import pdf

VALIDATOR = "01101G"
SIZE = {"width": 1366, "height": 768}
#: R1: what is typed for each document of D.4; the birth certificate has expired.
R1 = (
    ("0400", None), ("0401", "010510"), ("0102", "110213"), ("0217", "010513"), ("0228", "080513"), ("0412", "080313"),
    ("0203", "080313"), ("0204", "080313"),
)  # fmt: skip


def texts(slip: list[Drawn]) -> str:
    return "\n".join(line.text for line in slip if line.kind == "text")


def deposited(desk) -> str:
    """Fixture R1, its expired line forced with a motive; the register's number."""
    desk.reload()
    desk.get_by_role("button", name="Nouveau dépôt").click()
    desk.locator("[name=name]").fill("JEROME")
    desk.locator("[name=id_number]").fill("1236548")
    desk.locator("[name=c0-number]").fill("2133415888")
    desk.locator("[name=c0-name]").fill("BAMOU JEROME")
    desk.locator("[name=c0-new]").fill("PVN")
    desk.locator("button[value='event:c0']").first.click()
    for circumstance in ("married", "family_council"):
        desk.locator(f"[name='c0-e0-has-{circumstance}']").check()
        desk.wait_for_load_state("load")
    desk.locator("[name='c0-e0-has-children']").fill("1")
    desk.locator("[name='c0-e0-has-children']").press("Enter")
    desk.wait_for_load_state("load")
    desk.locator("[name='c0-e0-add']").fill("0204")
    desk.locator("[name='c0-e0-add']").press("Enter")
    desk.wait_for_load_state("load")
    for code, issued in R1:
        row = desk.locator(
            f"tr:has([name$='-document'][value='{code}']), tr:has(option[value='{code}'][selected])"
        ).first
        row.locator(".tick").check()
        if issued:
            row.locator(".issued").fill(issued)
    desk.locator("#deposit-now").click()
    expect(desk.get_by_role("alert").first).to_contain_text("Une chose reste à corriger.")
    expired = desk.locator("tr:has([name$='-document'][value='0102'])")
    expect(expired).to_contain_text("Périmée depuis le 10/05/2013.")
    expired.locator(".motive").fill("seul exemplaire")
    desk.locator("#deposit-now").click()
    expect(desk.locator(".one .label")).to_have_text(re.compile(r"^\d{4}/\d{6}$"))
    return str(desk.locator(".one .label").text_content())


def printed(agency, desk, number: str) -> None:
    """The short form out of the printer, a scan beside its row, the paper in the visitor's hands, the visit over."""
    before = len(agency.printer.slips)
    desk.get_by_role("button", name="Ticket court").click()
    until(lambda: len(agency.printer.slips) > before, 15, "the acknowledgement")
    slip = agency.printer.slips[-1]
    said = texts(slip)
    assert number in said
    assert "Nbre de pièces déposées" in said.replace("\n", " ")
    assert re.search(r"péri?mée.*10/05/2013", said.replace("\n", " "), re.IGNORECASE)
    assert any(line.kind == "qr" for line in slip), [line.kind for line in slip]
    row = desk.locator("tr[data-drop]").first
    row.locator("input[type=file]").set_input_files(
        {"name": "demande.pdf", "mimeType": "application/pdf", "buffer": pdf("Demande")}
    )
    expect(row.locator("a[data-scan]")).to_have_count(1)
    desk.get_by_role("button", name="Remis au déposant").click()
    expect(desk.locator(".one header")).to_contain_text("Accusé remis")
    agency.counter("05").step("finish")


def decided(agency, of, number: str) -> None:
    """A validator validates seven and rejects the one that had expired."""
    page = of.open(viewport=SIZE, base_url=agency.url)
    page.goto(f"{agency.url}demo/agent/{VALIDATOR}?to=/desk/deposit/validation")
    page.wait_for_load_state("load")
    expect(page.locator("tr[data-row]")).to_have_count(8)
    expired = page.locator("tr[data-row]", has=page.get_by_text("0102", exact=True))
    page.locator("[name=outcome][value=reject]").check()
    expired.locator("[name=document]").check()
    expired.locator("select").select_option("expired")
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_role("status").filter(has_text="1 pièce rejetée")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("Control+a")
    expect(page.locator("#ticked")).to_have_text("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="7 pièces validées")).to_be_visible()
    page.goto(f"/desk/deposit?q={number}")
    expect(page.locator(".one header .badge")).to_have_text("Partiel")


def told(agency, number: str) -> None:
    """One message a decision, in order; one visit with its wait and its service; the journal gives every row again."""
    with closing(sqlite3.connect(f"file:{agency.folder / 'data' / 'mbote.db'}?mode=ro", uri=True)) as reader:
        sent = [
            json.loads(json.loads(body)["payload"])
            for (body,) in reader.execute(
                "SELECT p.body FROM journal j JOIN journal_private p USING (seq)"
                " WHERE j.kind = 'outbox_message_queued' ORDER BY seq"
            )
            if "deposited_on" in body
        ]
        stages = reader.execute(
            "SELECT s.wait_ms, s.service_ms FROM stage s JOIN ticket t ON t.id = s.ticket WHERE t.label = 'D002'"
        ).fetchall()
    assert len(sent) == 8
    assert sorted(each["state"] for each in sent) == ["rejected", *["validated"] * 7]
    assert {each["register_number"] for each in sent} == {number}
    assert len(stages) == 1
    assert min(stages[0]) > 0
