"""The calls of pyecwid on customers, against a Shopfolk with the demo store, as its README shows them."""

import sys

import requests
from pyecwid import Ecwid

ADDRESS = sys.argv[1]
STORE, TOKEN = 1003, "secret_token"
SUPPORT, TEST = 177737165, 277137633


def main():
    base_url = ADDRESS + "/api/v3/{0}/"
    # Looks at the profile, to see whether the token is good.
    ecwid = Ecwid(TOKEN, STORE, base_url=base_url)
    try:
        Ecwid("secret_of_nobody", STORE, base_url=base_url)
        raise AssertionError("an unknown token was let in")
    except requests.HTTPError as error:
        assert error.response.status_code == 403, error

    customers = ecwid.customers
    known = customers.get()
    assert [customer["id"] for customer in known] == [SUPPORT, TEST], known
    page = customers.get(collate_items=False)
    assert page["total"] == page["count"] == page["allCustomerCount"] == 2, page

    new = {
        "email": "anna@example.com",
        "name": "Anna Berg",
        "billingPerson": {"city": "Oslo", "countryCode": "NO"},
        "shippingAddresses": [{"name": "Anna Berg", "city": "Bergen", "countryCode": "NO"}],
        "taxExempt": True,
    }
    number = customers.add(new)
    anna = customers.get_by_id(number)
    assert anna["email"] == "anna@example.com" and anna["taxExempt"] is True, anna
    assert anna["billingPerson"]["countryName"] == "Norway", anna
    assert anna["shippingAddresses"][0]["defaultAddress"] is True, anna
    try:
        customers.add(new)
        raise AssertionError("an e-mail address was given twice")
    except UserWarning as warning:
        assert warning.args[1] == 409, warning

    # As a program does that reads a customer, changes something, and sends all of it back. Of the two names the billing
    # person's wins.
    anna["billingPerson"]["name"] = "Anna Dahl"
    answer = customers.update(number, anna)
    assert answer.status_code == 200 and answer.json() == {"updateCount": 1}, answer.text
    changed = customers.get_by_id(number)
    assert changed["name"] == "Anna Dahl" and changed["contacts"] == anna["contacts"], changed
    assert changed["shippingAddresses"] == anna["shippingAddresses"], changed

    assert [found["id"] for found in customers.get_by_keyword("ANNA@")] == [number]
    for found in (customers.get_by_email("anna@example"), customers.get_by_name("dahl")):
        assert [customer["id"] for customer in found] == [number], found

    for turn in range(120):
        customers.add({"email": f"{turn}@example.com"})
    assert len(customers.get()) == 123, "all pages are collected"
    assert customers.delete(number) == 1
    try:
        customers.get_by_id(number)
        raise AssertionError("a deleted customer is there")
    except requests.HTTPError as error:
        assert error.response.status_code == 404, error
    for customer in customers.get():
        if customer["id"] not in (SUPPORT, TEST):
            assert customers.delete(customer["id"]) == 1


main()
print("pyecwid: every call was answered as it should be")
