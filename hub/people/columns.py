"""What can be imported: every kind of record, its columns and their checks, as one table.

The road of import, docs/import.md and the tests read it; `replica.py` repeats the checks as constraints.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from hub.people import rules
from hub.people.rules import Check


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its check, whether it must be filled, and its sentence in the manual.

    `party`: the value is the `ref` of a party that is already there.
    """

    name: str
    check: Check
    says: str
    needed: bool = False
    party: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: its table in the replica, its columns, and what the file does not say.

    `example`: a line of the manual, in the order of the columns that it names.
    """

    table: str
    says: str
    columns: tuple[Column, ...]
    fixed: dict[str, str] = field(default_factory=dict)
    example: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)


_ref = rules.form(r"[0-9A-Za-z._:/-]{1,40}", "1 to 40 letters, digits or . _ : / -")
_needed = partial(Column, needed=True)
_party = partial(Column, check=_ref, party=True, needed=True)
_REF = _needed("ref", _ref, "The record's key in the central system: the same key again replaces what was there.")
_SINCE = Column("effective", rules.day, "Day since which these values hold; the day of the import when left out.")
_EXTENT = (
    _needed("start", rules.partial_date, "First day, or only its month or year."),
    Column("end", rules.partial_date, "Last day; empty while it lasts."),
)
_CONTACT = (
    Column("phones", rules.phones, "Telephone numbers, parted by `;`."),
    Column("email", rules.email, "E-mail address."),
    Column("address", rules.text(200), "Street or quarter."),
    Column("district", rules.text(60), "Arrondissement."),
    Column("city", rules.text(60), "Town."),
)
PEOPLE = Kind(
    "party",
    "Natural persons: insured persons, dependants, pensioners.",
    (
        _REF,
        Column("number", rules.form(r"[0-9]{10}", "10 digits"), "Matricule; empty until one is given."),
        Column(
            "roles",
            rules.some_of(
                "insured", "employer", "dependant", "pensioner", "voluntary", "self_employed", "survivor", "proxy"
            ),
            "What the person is to the fund, parted by `;`.",
            needed=True,
        ),
        _needed("name", rules.text(80), "Surname or surnames."),
        Column("first_names", rules.text(80), "First names."),
        Column("birth_date", rules.partial_date, "`1966-07-23`, `1966-07` or `1966` (né vers 1966)."),
        Column("birth_place", rules.text(60), "Place of birth."),
        Column("sex", rules.one_of("F", "M"), "F or M."),
        Column(
            "marital_status",
            rules.one_of("single", "married", "widowed", "divorced", "separated"),
            "Marital status.",
        ),
        Column("nationality", rules.form(r"[A-Z]{2}", "a country code such as CG"), "ISO 3166 code."),
        Column("father", rules.text(160), "Father's name."),
        Column("mother", rules.text(160), "Mother's name."),
        Column("id_type", rules.text(40), "Kind of identity document."),
        Column("id_number", rules.form(r"[0-9A-Za-z/-]{3,20}", "3 to 20 letters or digits"), "Its number."),
        *_CONTACT,
        Column(
            "category",
            rules.one_of("salaried", "self_employed", "voluntary", "solidarity"),
            "Insured category (régime).",
        ),
        Column("deceased_on", rules.partial_date, "Date of death."),
        Column("status", rules.one_of("active", "suspended", "ended", "struck_off"), "State of the file; active."),
        Column("restricted", rules.yes_no, "1: the file is seen by few roles only."),
        _SINCE,
    ),
    {"type": "person"},
    {
        "ref": "P1", "number": "2133415888", "roles": "insured", "name": "BAMOU", "first_names": "JEROME",
        "birth_date": "1953", "sex": "M",
    },
)  # fmt: skip
EMPLOYERS = Kind(
    "party",
    "Legal persons: employers, liaison bodies, financial institutions.",
    (
        _REF,
        _needed("type", rules.one_of("employer", "liaison_body", "financial_institution"), "What it is."),
        Column("number", rules.form(r"[0-9A-Z]{5,12}", "5 to 12 capitals or digits"), "Employer number."),
        _needed("name", rules.text(120), "Raison sociale."),
        Column("short_name", rules.text(40), "Sigle."),
        Column("legal_form", rules.text(40), "Legal form."),
        Column("trade_register", rules.text(40), "RCCM."),
        Column("tax_number", rules.text(40), "NIU."),
        Column("opened_on", rules.partial_date, "Date of opening."),
        Column("closed_on", rules.partial_date, "Date of closing."),
        Column("activity", rules.form(r"[0-9]{4}", "4 digits"), "ISIC Rev.4 class."),
        Column("manager", rules.text(160), "Who answers for it."),
        Column("headcount", rules.amount, "Employees."),
        Column("periodicity", rules.one_of("monthly", "quarterly"), "How often it pays."),
        *_CONTACT,
        Column("status", rules.one_of("active", "suspended", "ended", "struck_off"), "State of the file; active."),
        Column("restricted", rules.yes_no, "1: the file is seen by few roles only."),
        _SINCE,
    ),
    {"roles": "employer"},
    {"ref": "E1", "type": "employer", "number": "9000001", "name": "Ets Djoué Commerce", "activity": "4711"},
)
RELATIONSHIPS = Kind(
    "relationship",
    "Families: who is whose spouse, child, ascendant, ward.",
    (
        _REF,
        _party("party", says="`ref` of the insured person."),
        _party("other", says="`ref` of the relative."),
        _needed("type", rules.one_of("spouse", "child", "ascendant", "guardian", "other"), "What the relative is."),
        *_EXTENT,
        Column("dependent", rules.yes_no, "1: à charge."),
        Column("guardian", rules.yes_no, "1: the insured person is the guardian (tutelle)."),
        Column("cause", rules.text(80), "Why it began or ended."),
        Column(
            "status",
            rules.one_of("schooled", "apprentice", "disabled", "married", "deceased", "struck_off"),
            "Situation of the dependant.",
        ),
        Column("proof", rules.text(40), "Number of the document that proves it."),
        _SINCE,
    ),
    example={"ref": "R1", "party": "P1", "other": "P2", "type": "child", "start": "2009-05-11", "dependent": "1"},
)
EMPLOYMENTS = Kind(
    "employment",
    "Careers: who worked where, from when to when.",
    (
        _REF,
        _party("party", says="`ref` of the insured person."),
        _party("employer", says="`ref` of the employer."),
        *_EXTENT,
        Column("job", rules.text(60), "Job title."),
        Column("salary", rules.amount, "Monthly wage, francs."),
        Column("source", rules.text(40), "Where it is known from."),
        Column("confirmed_by", rules.text(40), "Who confirmed it."),
        _SINCE,
    ),
    example={"ref": "J1", "party": "P1", "employer": "E1", "start": "1994-03", "end": "2013-05", "salary": "140000"},
)
CONTRIBUTIONS = Kind(
    "contribution",
    "Contribution accounts: what an employer or a voluntary insured person owes and paid for a period.",
    (
        _REF,
        _party("party", says="`ref` of the employer or insured person."),
        _needed("period", rules.period, "`2013-03` or `2013-T1`."),
        Column("declared_wages", rules.amount, "Wages declared, francs."),
        _needed("due", rules.amount, "Due, francs."),
        _needed("paid", rules.amount, "Paid, francs."),
        Column("penalty", rules.amount, "Penalties, francs."),
        _SINCE,
    ),
    example={
        "ref": "C1", "party": "E1", "period": "2013-T1", "declared_wages": "1080000", "due": "262224", "paid": "262224",
    },
)  # fmt: skip
CASES = Kind(
    "case_file",
    "Cases (dossiers): pensions, allowances, accidents.",
    (
        _REF,
        _party("party", says="`ref` of the person."),
        _needed("number", rules.form(r"[0-9A-Za-z/-]{1,20}", "1 to 20 letters, digits or - /"), "Number of the case."),
        _needed("event", rules.form(r"[A-Z]{2,4}", "2 to 4 capitals"), "Event code."),
        _needed("state", rules.one_of("opened", "incomplete", "examined", "granted", "refused", "closed"), "State."),
        _needed("opened_on", rules.day, "Opened on."),
        Column("closed_on", rules.day, "Closed on."),
        Column("service", rules.text(40), "Service that holds it."),
        Column("granted", rules.amount, "Amount granted, francs."),
        Column("next_action", rules.text(120), "What comes next."),
        _SINCE,
    ),
    example={
        "ref": "D1", "party": "P1", "number": "2013-00412", "event": "PVN", "state": "opened",
        "opened_on": "2013-05-16",
    },
)  # fmt: skip
PAYMENTS = Kind(
    "payment",
    "Payments of benefits.",
    (
        _REF,
        _party("party", says="`ref` of the person."),
        _needed("period", rules.period, "Period it is for."),
        _needed("amount", rules.amount, "Francs."),
        _needed("paid_on", rules.day, "Day of payment, or when it is due."),
        _needed("state", rules.one_of("due", "paid", "returned", "stopped"), "State."),
        Column("benefit", rules.form(r"[A-Z]{2,4}", "2 to 4 capitals"), "Event code of the benefit."),
        Column("mode", rules.one_of("cash", "cheque", "transfer", "mobile_money"), "How."),
        _SINCE,
    ),
    example={
        "ref": "V1", "party": "P1", "period": "2013-06", "amount": "98000", "paid_on": "2013-06-28", "state": "paid",
    },
)  # fmt: skip
ACCOUNTS = Kind(
    "account",
    "Bank accounts and wallets.",
    (
        _REF,
        _party("party", says="`ref` of the holder."),
        Column("rib", rules.rib, "The 23 digits, key included; either this or a wallet."),
        Column("wallet", rules.phones, "Telephone number of a mobile-money wallet."),
        _needed("state", rules.one_of("proposed", "valid", "replaced", "rejected"), "State."),
        _SINCE,
    ),
    example={"ref": "B1", "party": "P1", "rib": "30012 00101 01013451300 93", "state": "valid"},
)
#: The word of the command line and of a bundle's `kind` → what it is, in the order to import them.
KINDS: dict[str, Kind] = {
    "employers": EMPLOYERS,
    "people": PEOPLE,
    "relationships": RELATIONSHIPS,
    "employments": EMPLOYMENTS,
    "contributions": CONTRIBUTIONS,
    "cases": CASES,
    "payments": PAYMENTS,
    "accounts": ACCOUNTS,
}
BUNDLE = "bundle"
