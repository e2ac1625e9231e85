"""A country that could be: employers, families, careers, contributions and payments, made up by a seed.

Names are drawn from requirements D.8 and nobody is meant by them: telephone numbers are of a range
without subscribers, matricules of the demo range. Records come one after the other, so a million
persons need no more memory than one family and the list of employers. Two things are wrong on purpose:
3 % of the persons are there twice with one letter changed, and 2 % of the careers have impossible dates
(half are refused by the import, half are remarks on the sheet).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from math import exp, log
from random import Random

from hub.people.names import fold
from hub.people.rules import rib_key

Record = tuple[str, Mapping[str, str]]
#: Until then countries reach of which no other day is said.
NEW_YEAR = date(2026, 1, 1)
SURNAMES = [
    "Bamou",
    "Ibara",
    "Makosso",
    "Mabiala",
    "Nganga",
    "Loemba",
    "Ngoma",
    "Massamba",
    "Malonga",
    "Samba",
    "Kimbembe",
    "Bouanga",
    "Moukala",
    "Okemba",
    "Elenga",
    "Ondongo",
    "Itoua",
    "Ngatsé",
    "Obami",
    "Mboungou",
    "Mavoungou",
    "Tati",
    "Goma",
    "Koumba",
    "Bouity",
    "Tsiba",
    "Oko",
    "Ikonga",
    "Bemba",
    "Louzolo",
    "Milandou",
    "Nkounkou",
    "Banzouzi",
    "Kouka",
    "Bikindou",
    "Mpassi",
    "Ganga",
    "Ntsiba",
    "Olandzobo",
    "Ebata",
    "Mouanda",
    "Poaty",
    "Tchibinda",
    "Kibangou",
    "Loufoua",
    "Mokoko",
    "Dzon",
    "Ossebi",
    "Ngakosso",
    "Yoka",
]
FIRST_NAMES = {
    "F": [
        "Clarisse",
        "Odile",
        "Judith",
        "Nadège",
        "Sylvie",
        "Prisca",
        "Ruth",
        "Grâce",
        "Mireille",
        "Aline",
        "Flore",
        "Chancelvie",
        "Bénédicte",
        "Estelle",
        "Divine",
        "Merveille",
        "Huguette",
        "Pauline",
    ],
    "M": [
        "Jérôme",
        "Roch",
        "Prosper",
        "Arsène",
        "Firmin",
        "Paul",
        "Christian",
        "Brice",
        "Gildas",
        "Aimé",
        "Dieudonné",
        "Parfait",
        "Ghislain",
        "Rodrigue",
        "Hervé",
        "Landry",
        "Séverin",
        "Fortuné",
    ],
}
#: Public figures whose name could come out of these lists; such a draw is made again.
PUBLIC_FIGURES = frozenset({("mokoko", "parfait"), ("itoua", "gildas"), ("bemba", "aime"), ("massamba", "brice")})
PLACES = ["Djoué", "Mfilou", "Talangaï", "Ouenzé", "Poto-Poto", "Moungali", "Makélékélé", "Bacongo", "Kintélé", "Igné"]
TOWNS = ("Brazzaville", "Pointe-Noire", "Dolisie", "Nkayi", "Ouesso", "Owando", "Sibiti", "Madingou")
FORMS = ("Ets", "Sté", "SARL", "GIE", "ONG", "Clinique", "Ecole", "Pharmacie", "Boulangerie")
#: ISIC class → share of employers in percent, and its trade.
TRADES = {
    "4711": (22, "Commerce"), "5610": (10, "Restauration"), "9700": (10, "Ménage"), "4100": (9, "Bâtiment"),
    "8010": (8, "Gardiennage"), "8510": (8, "Enseignement"), "4923": (7, "Transport"), "0220": (5, "Bois"),
    "8620": (5, "Santé"), "1071": (5, "Boulangerie"), "6201": (3, "Informatique"), "6419": (3, "Banque"),
    "0610": (2, "Pétrole"), "5510": (3, "Hôtel"),
}  # fmt: skip
#: Share of the wages that an employer owes for all branches, below the ceilings (requirements C.2).
RATE = 0.2428
MINIMUM_WAGE, MEDIAN_WAGE = 50_400, 140_000
QUARTERLY_BELOW = 20
MOST_EMPLOYEES = 900
#: Persons for one employer.
PEOPLE_AN_EMPLOYER = 20
BAMOU = {
    "ref": "P0", "number": "2133415888", "roles": "insured;pensioner", "name": "BAMOU", "first_names": "JEROME",
    "birth_date": "1953", "birth_place": "Kinkala", "sex": "M", "marital_status": "married", "nationality": "CG",
    "city": "Brazzaville", "category": "salaried",
}  # fmt: skip


@dataclass(slots=True)
class Country:
    """Makes records; the same `people`, `seed` and `until` make the same ones. `people` counts every natural person.

    Accounts and payments reach the last period that had ended `until` then.
    """

    people: int
    seed: int = 1
    until: date = NEW_YEAR
    chance: Random = field(init=False)
    made: int = 0
    jobs: int = 0
    relations: int = 0
    weights: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the dice."""
        self.chance = Random(self.seed)  # noqa: S311 (an invented country, reproducible on purpose)

    @property
    def name(self) -> str:
        """What stands in place of a file's digest."""
        return f"country {self.people} {self.seed} {self.until}"

    def records(self) -> Iterator[Record]:
        """Employers, then family by family, then what the employers owe."""
        headcounts = self._headcounts()
        self.weights = list(accumulate(headcounts))
        for number, headcount in enumerate(headcounts, 1):
            yield "employers", self._employer(number, headcount)
        yield "people", BAMOU
        self.made = 1
        yield from self._household("P0", BAMOU, 1953)
        while self.made < self.people:
            yield from self._family()
        for number, headcount in enumerate(headcounts, 1):
            yield from self._account_of(number, headcount)

    # --- employers -------------------------------------------------------------------------------

    def _headcounts(self) -> list[int]:
        most = max(2, min(MOST_EMPLOYEES, self.people // 50))
        others = max(1, self.people // PEOPLE_AN_EMPLOYER) - 1
        return [most, *(max(1, min(most, round(self.chance.lognormvariate(log(6), 1.1)))) for _ in range(others))]

    def _employer(self, number: int, headcount: int) -> dict[str, str]:
        chance = self.chance
        activity = chance.choices(list(TRADES), [share for share, _ in TRADES.values()])[0]
        place = chance.choice(PLACES if self._happens(0.5) else SURNAMES)
        return {
            "ref": f"E{number}",
            "type": "employer",
            "number": f"9{number:06d}",
            "name": f"{chance.choice(FORMS)} {place} {TRADES[activity][1]} {number % 97 or ''}".strip(),
            "activity": activity,
            "headcount": str(headcount),
            "periodicity": self._periodicity(number, headcount),
            "opened_on": str(chance.randint(1970, 2020)),
            "phones": self._phone(),
            "city": chance.choice(TOWNS),
            "manager": f"{chance.choice(SURNAMES).upper()} {chance.choice(FIRST_NAMES['M'])}",
        }

    def _periodicity(self, number: int, headcount: int) -> str:
        return "monthly" if number == 1 or headcount >= QUARTERLY_BELOW else "quarterly"

    def _account_of(self, number: int, headcount: int) -> Iterator[Record]:
        """The last periods of an employer; ten years of them for the first one, the heaviest."""
        years = 10 if number == 1 else 1
        monthly = self._periodicity(number, headcount) == "monthly"
        for year, part in self._ended(12 if monthly else 4, years):
            wages = headcount * 1_000 * self.chance.randint(110, 190) * (1 if monthly else 3)
            due = round(wages * RATE)
            paid = due if self._happens(0.9) else self.chance.choice((0, due // 2))
            yield (
                "contributions",
                {
                    "ref": f"C{number}-{year}-{part}",
                    "party": f"E{number}",
                    "period": f"{year}-{part:02d}" if monthly else f"{year}-T{part}",
                    "declared_wages": str(wages),
                    "due": str(due),
                    "paid": str(paid),
                    "penalty": str((due - paid) // 20),
                },
            )

    def _ended(self, parts: int, years: int) -> list[tuple[int, int]]:
        """The periods of the last `years` until now, of which a year has `parts`: (year, part)."""
        now = self.until.year * parts + (self.until.month - 1) * parts // 12
        return [(each // parts, each % parts + 1) for each in range(now - years * parts, now)]

    # --- families --------------------------------------------------------------------------------

    def _family(self) -> Iterator[Record]:
        """An insured person with spouses, children and a career."""
        year = self.chance.randint(1950, 2004)
        head = self._person("insured", year, self.chance.choice("FM"))
        if self._happens(0.15):
            head["roles"] = "insured;pensioner"
        yield from self._there(head)
        yield from self._household(head["ref"], head, year)

    def _household(self, ref: str, head: Mapping[str, str], year: int) -> Iterator[Record]:
        for _ in range(self._spouses()):
            spouse = self._person("dependant", year + self.chance.randint(-6, 6), "F" if head["sex"] == "M" else "M")
            yield from self._related(ref, spouse, "spouse", str(min(year + 25, self.until.year - 1)))
        for _ in range(self._children()):
            born = min(self.until.year - 1, year + self.chance.randint(18, 40))
            child = self._person("dependant", born, self.chance.choice("FM"), head["name"].split()[0])
            yield from self._related(ref, child, "child", child["birth_date"])
        yield from self._career(ref, year)
        if "pensioner" in head["roles"]:
            yield from self._pension(ref)

    def _spouses(self) -> int:
        """1.1 on the average."""
        return self.chance.choices((0, 1, 2), (15, 60, 25))[0]

    def _children(self) -> int:
        """Poisson(2.8), by Knuth's product of dice."""
        left, count = self.chance.random(), 0
        while left > exp(-2.8):
            left *= self.chance.random()
            count += 1
        return count

    def _person(self, role: str, year: int, sex: str, family: str = "") -> dict[str, str]:
        chance, number = self.chance, self.made
        name, first_names = self._names(sex, family)
        record = {
            "ref": f"P{number}",
            "roles": role,
            "name": name,
            "first_names": first_names,
            "sex": sex,
            "birth_date": str(year)
            if self._happens(0.12)
            else f"{year}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
            "birth_place": chance.choice(TOWNS),
            "city": chance.choice(TOWNS),
        }
        if role == "insured":
            record |= {"number": f"9{number:09d}", "phones": self._phone(), "category": "salaried", "nationality": "CG"}
        self.made += 1
        return record

    def _names(self, sex: str, family: str) -> tuple[str, str]:
        """SURNAME or two of them, and two or three first names: many bear the same words, few the same name."""
        chance = self.chance
        while True:
            surnames = [family] if family else [chance.choice(SURNAMES).upper()]
            if self._happens(0.9):
                surnames.append(chance.choice(SURNAMES).upper())
            first = chance.sample(FIRST_NAMES[sex], 2 if self._happens(0.75) else 3)
            if not any((fold(s), fold(f)) in PUBLIC_FIGURES for s in surnames for f in first):
                return " ".join(dict.fromkeys(surnames)), " ".join(first)

    def _there(self, person: dict[str, str]) -> Iterator[Record]:
        """The person, and in 3 of 100 cases a second file of theirs with one letter changed."""
        yield "people", person
        if self._happens(0.03) and self.made < self.people:
            double = person | {"ref": f"P{self.made}", "name": self._slip(person["name"])}
            if "number" in person:
                double["number"] = f"9{self.made:09d}"
            self.made += 1
            yield "people", double

    def _slip(self, name: str) -> str:
        place = self.chance.choice([n for n, char in enumerate(name) if char.isalpha()])
        return name[:place] + self.chance.choice("AEIOUBKMNS") + name[place + 1 :]

    def _related(self, ref: str, person: dict[str, str], what: str, start: str) -> Iterator[Record]:
        yield from self._there(person)
        self.relations += 1
        yield (
            "relationships",
            {
                "ref": f"R{self.relations}",
                "party": ref,
                "other": person["ref"],
                "type": what,
                "start": start,
                "dependent": str(int(what == "child" and start >= str(self.until.year - 20))),
                "status": "schooled" if what == "child" and start >= str(self.until.year - 20) else "",
            },
        )

    def _career(self, ref: str, year: int) -> Iterator[Record]:
        start = year + self.chance.randint(18, 26)
        jobs = self.chance.choices((1, 2, 3, 4), (25, 30, 30, 15))[0]
        for job in range(jobs):
            if start >= self.until.year:
                return
            self.jobs += 1
            end = start + self.chance.randint(1, 12)
            early, backwards = self._happens(0.01), self._happens(0.01)
            record = {
                "ref": f"J{self.jobs}",
                "party": ref,
                "employer": f"E{self._employer_of_a_job()}",
                "start": f"{start}-{self.chance.randint(1, 12):02d}" if not early else f"{year + 5}-01",
                "end": "" if job == jobs - 1 or end >= self.until.year else f"{end + 1}-01-01",
                "salary": str(self._wage()),
            }
            if backwards and not early:
                record["end"] = f"{start - 3}-06-30"
            yield "employments", record
            start = end + 1

    def _employer_of_a_job(self) -> int:
        """The heaviest one first, until it has its employees; then each by its headcount."""
        if self.jobs <= self.weights[0] or len(self.weights) == 1:
            return 1
        dice = self.weights[0] + self.chance.random() * (self.weights[-1] - self.weights[0])
        return bisect(self.weights, dice, hi=len(self.weights) - 1) + 1

    def _wage(self) -> int:
        return max(MINIMUM_WAGE, 100 * round(self.chance.lognormvariate(log(MEDIAN_WAGE), 0.6) / 100))

    def _pension(self, ref: str) -> Iterator[Record]:
        amount = str(self.chance.randrange(40_000, 400_000, 500))
        opened = f"{self.until.year - 3}-{self.chance.randint(1, 12):02d}-15"
        case = {"ref": f"D{ref}", "party": ref, "number": f"PV{ref[1:]}", "event": "PVN", "state": "granted"}
        yield "cases", case | {"opened_on": opened, "granted": amount, "service": "PEN"}
        account = f"{self.made % 100_000_000_000:011d}"
        yield (
            "accounts",
            {
                "ref": f"B{ref}",
                "party": ref,
                "state": "valid",
                "rib": f"9999900101{account}{rib_key('99999', '00101', account):02d}",
            },
        )
        for month, (year, part) in enumerate(self._ended(12, 1)[-6:], 1):
            yield (
                "payments",
                {
                    "ref": f"V{ref}-{month}",
                    "party": ref,
                    "period": f"{year}-{part:02d}",
                    "amount": amount,
                    "paid_on": f"{year}-{part:02d}-28",
                    "state": "paid",
                    "benefit": "PVN",
                    "mode": "transfer",
                },
            )

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _phone(self) -> str:
        return f"0{self.chance.choice('56')}000{self.chance.randint(0, 9999):04d}"
