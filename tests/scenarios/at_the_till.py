"""What people do at a till in a browser, step by step as requirements B.18 tell it: S2, S3 and S4.

Two stories live it: one of a till alone (tests/hub/services/test_cash_stories.py), and one of a whole day
(test_one_day.py). Each brings its own pages, and the paper that its own printer drew last.
"""

import re

from playwright.sync_api import expect

THIN = "\u202f"
#: S2's employer and what they owe; what the payee of S4's order shows.
EMPLOYER, DUE, SHOWN = "E3", f"262{THIN}224", "1236548"
LIFE_CERTIFICATE = "0408"


def open_till(page, notes):
    """The float is counted: so many notes of ten thousand."""
    page.goto("/desk/cash")
    page.locator("#n10000").fill(notes)
    page.get_by_role("button", name="Ouvrir la caisse").click()
    expect(page.locator("#q")).to_be_focused()


def owes(page):
    """The employer's account, with what they owe."""
    page.goto(f"/desk/cash?ref={EMPLOYER}")
    expect(page.locator("[data-due]")).to_have_text(DUE)


def pay_by_cheque(page, paper):
    """S2: under reserve, on screen and on paper; the receipt's number."""
    owes(page)
    page.get_by_text("Chèque", exact=True).click()
    page.locator("#cheque-number").fill("0012")
    page.locator("#cheque-bank").fill("BGFI")
    page.get_by_role("button", name="Encaisser").click()
    receipt = page.locator(".one .label").inner_text()
    printed = paper()
    assert receipt in printed
    assert re.search(r"262.224 FCFA", printed)
    assert "SOUS RÉSERVE D'ENCAISSEMENT" in printed
    return receipt


def cleared_until_it_comes_back(page, control):
    """S2: a certificate under that reserve; the chief notes that the cheque is not paid, and the debt is open again."""
    page.get_by_role("button", name="Certificat de non-redevance").click()
    certificate = page.locator(".one .label").inner_text()
    expect(page.locator("main")).to_contain_text("sous réserve")
    control().get_by_role("button", name="Impayé").click()
    owes(page)
    page.goto(f"/desk/certificate?q={certificate}")
    expect(page.locator("main")).to_contain_text(re.compile("annulée?", re.IGNORECASE))


def refused_without_certificate(page, order):
    """S4: the order is taken in hand, and not paid while the certificate of life is missing; its payee is there."""
    page.goto(f"/desk/cash?q={order}")
    page.get_by_role("button", name="Prendre en main").click()
    expect(page.locator(".notice")).to_contain_text("Certificat de vie manquant.")
    page.locator("#id_number").fill(SHOWN)
    page.get_by_role("button", name="Payer").click()
    expect(page.locator("main")).to_contain_text("Le certificat de vie manque pour cette période.")
    page.get_by_role("button", name="La personne est là").click()
    expect(page.locator(".notice")).to_contain_text("Certificat de vie à valider")


def validate_certificate(validator):
    """S4: whoever validates deposits says that it is in order."""
    row = validator.locator("tr[data-row]", has=validator.get_by_text(LIFE_CERTIFICATE, exact=True))
    row.locator("[name=document]").check()
    validator.get_by_role("button", name="Appliquer").click()
    expect(validator.locator(".notice")).to_be_visible()


def pay_order(page, paper):
    """S4: who they are is looked at, and they are paid; the receipt's number."""
    page.locator("#id_number").fill(SHOWN)
    page.get_by_role("button", name="Payer").click()
    expect(page.locator(".one .label")).to_have_text(re.compile(r"C02-\d{4}-\d{6}"))
    receipt, printed = page.locator(".one .label").inner_text(), paper()
    assert receipt in printed
    assert "BAMOU Jérôme" in printed
    return receipt


def paid_once(page, order):
    """S4: what was paid cannot be paid again."""
    page.goto(f"/desk/cash/orders/{order}")
    expect(page.get_by_role("button", name="Payer")).to_have_count(0)


def take_back(page, receipt, second):
    """S4: the cashier asks, and somebody else types their code at the same screen."""
    page.goto(f"/desk/cash/receipts/{receipt}")
    page.locator("summary", has_text="Annuler").click()
    page.locator("#reason").select_option("wrong_payer")
    page.get_by_role("button", name="Demander l'annulation").click()
    signs(page, second, "Annuler l'opération")
    expect(page.locator("main")).to_contain_text("Annulé par")


def close_till(page, pieces, gap, second):
    """S3: counted before anything is told, the difference explained, approved by a second person at the screen."""
    page.goto("/desk/cash/close")
    for code, count in pieces:
        page.locator(f"#{code}").fill(count)
    page.get_by_role("button", name="J'ai compté").click()
    expect(page.locator(".balance .bad dd")).to_have_text(f"−{gap}")
    page.locator("#motive").select_option("change")
    page.locator("#note").fill("Rendu de trop.")
    page.get_by_role("button", name="Proposer l'arrêté").click()
    signs(page, second, "Approuver")


def signs(page, second, act):
    """A second person: their code and what their telephone shows now, (code, telephone)."""
    code, telephone = second
    page.get_by_label("Code agent").fill(code)
    page.get_by_label("Code du téléphone").fill(telephone.shows())
    page.get_by_role("button", name=act).click()
