"""Reads exports of people.ndjson with Python's csv and with vobject."""

import csv
import json
import sys
from pathlib import Path

import vobject

people = {
    person["email"]: person
    for person in map(json.loads, (Path(__file__).parent / "people.ndjson").read_text(encoding="utf-8").splitlines())
}
directory = Path(sys.argv[1])


def check(holds, *what):
    if not holds:
        sys.exit(f"{what}")


def rows(name):
    with open(directory / name, encoding="utf-8-sig", newline="") as file:
        return {row["email"]: row for row in csv.DictReader(file, strict=True)}


plain, spreadsheet = rows("plain.csv"), rows("spreadsheet.csv")
check(plain.keys() == people.keys() == spreadsheet.keys(), plain.keys())
for email, person in people.items():
    name = person["name"]
    check(plain[email]["name"] == name, plain[email])
    check(spreadsheet[email]["name"] == ("'" + name if name.startswith("=") else name), spreadsheet[email])
    for column, cell in spreadsheet[email].items():
        check(not cell.startswith(("=", "+", "-", "@", "\t", "\r")), column, cell)
        check(not (cell.isdigit() and (len(cell) > 11 or cell.startswith("0") and cell != "0")), column, cell)
check(len(next(iter(spreadsheet.values()))) <= 1000)


def cards(name):
    text = (directory / name).read_text(encoding="utf-8")
    return {card.email.value: card for card in vobject.readComponents(text)}


for name, version in [("cards-4.0.vcf", "4.0"), ("cards-3.0.vcf", "3.0")]:
    found = cards(name)
    check(found.keys() == people.keys(), name, found.keys())
    for email, person in people.items():
        card = found[email]
        check(card.version.value == version, name, card)
        check(card.fn.value == person["name"], name, card.fn.value)
        notes = {note.value for note in card.contents.get("note", [])}
        for contact in person.get("contacts", []):
            check("note" not in contact or contact["note"] in notes, name, contact, notes)
            if contact["type"] == "OTHER":
                check(any(other.value == contact["contact"] for other in card.contents["x-other"]), name, contact)
    olsen = found["olsen@example.com"]
    profile = (olsen.contents.get("socialprofile") or olsen.contents["x-socialprofile"])[0]
    user = profile.params.get("USERNAME") or profile.params["X-USER"]
    check(user == ["the ^'Olsen^' tea^^2; a:b,c"], name, user)

print(f"csv and vobject read every export of {len(people)} people")
