"""An owner lets the demo app in with a browser, and the app gets its tokens with requests-oauthlib, and as a plugin does."""

import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from requests_oauthlib import OAuth2Session

ADDRESS, EMAIL, PASSWORD = sys.argv[1:]
CLIENT_ID, CLIENT_SECRET = "app-1003", "demosecret" * 4
CALLBACK = "http://localhost:3000/callback?shop=1"
TOKEN_URL = ADDRESS + "/api/oauth/token"


class Forms(HTMLParser):
    """The forms of a page: where each goes, and its hidden fields."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "form":
            self.found.append((named["action"], {}))
        elif tag == "input" and named.get("type") == "hidden":
            self.found[-1][1][named["name"]] = named["value"]


def submit(browser, page, fields, follow):
    action, hidden = Forms(page.text).found[0]
    return browser.post(urljoin(page.url, action), data=hidden | fields, allow_redirects=follow)


def let_in(browser, url, decision):
    page = browser.get(url)
    if "Sign in</h1>" in page.text:
        page = submit(browser, page, {"store": "1003", "email": EMAIL, "password": PASSWORD}, True)
    assert page.status_code == 200 and "Demo app" in page.text, page.text
    answer = submit(browser, page, {"decision": decision}, False)
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK + "&"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def main():
    browser = requests.Session()
    app = OAuth2Session(CLIENT_ID, redirect_uri=CALLBACK, scope=["read_customers", "public_storefront"])
    url, state = app.authorization_url(ADDRESS + "/api/oauth/authorize", source="wporg")
    refused = let_in(browser, url, "deny")
    assert refused["error"] == "access_denied" and refused["state"] == state, refused
    allowed = let_in(browser, url, "allow")
    assert allowed["state"] == state and allowed["store_id"] == "1003", allowed
    tokens = app.fetch_token(TOKEN_URL, code=allowed["code"], client_secret=CLIENT_SECRET)
    assert tokens["store_id"] == 1003 and tokens["email"] == EMAIL and tokens["public_token"], tokens
    application = app.get(ADDRESS + "/api/v3/1003/application").json()
    assert application["clientId"] == CLIENT_ID, application
    assert app.get(ADDRESS + "/api/v3/1003/customers").status_code == 200

    # As Ecwid's WordPress plugin does.
    assert requests.post(ADDRESS + "/api/oauth/authorize").ok
    allowed = let_in(browser, url, "allow")
    form = {
        "code": allowed["code"],
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": CALLBACK,
        "grant_type": "authorization_code",
    }
    answer = requests.post(TOKEN_URL + "/" + allowed["store_id"], data=form)
    assert answer.ok and answer.json()["token_type"] == "Bearer", answer.text
    again = requests.post(TOKEN_URL, data=form)
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant", again.text
    print("requests-oauthlib and a plugin's exchange get their tokens")


main()
