//! Customers drawn at random, of texts that formats, spreadsheets and readers stumble over.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

const PIECES: [&str; 40] = [
    "=1+1",
    "=HYPERLINK(\"https://example.com\")",
    "+49 30 123",
    "-1",
    "@SUM(A1)",
    "'",
    "'=1",
    "''7",
    "\"",
    "\"\"",
    ",",
    ";",
    ":",
    "\n",
    "\\",
    "\\n",
    "^",
    "^n",
    "^'",
    "\t",
    "\u{202e}txet\u{202c}",
    "\u{200f}",
    "🙂",
    "é",
    "e\u{301}",
    "王小明",
    "0",
    "007",
    "00501",
    "1e5",
    "2024-01-02",
    "9007199254740993",
    "true",
    "null",
    "{\"shopfolk\":1}",
    "%",
    "ß",
    "x y",
    "|",
    "\u{a0}",
];

const TYPES: [&str; 15] = [
    "EMAIL",
    "PHONE",
    "FACEBOOK",
    "INSTAGRAM",
    "TWITTER",
    "YOUTUBE",
    "TIKTOK",
    "PINTEREST",
    "VK",
    "FB_MESSENGER",
    "WHATSAPP",
    "TELEGRAM",
    "VIBER",
    "URL",
    "OTHER",
];

const PLACES: [(&str, &str); 5] = [("US", "NY"), ("DE", "BE"), ("IT", "RM"), ("GB", "ENG"), ("JP", "13")];

/// Draws customers.
pub struct People {
    random: StdRng,
    /// The groups that they may be in.
    pub groups: Vec<u64>,
    /// The extra fields that they may have a value of, and what those are.
    pub fields: Vec<(String, &'static str)>,
}

impl People {
    pub fn new(random: StdRng) -> Self {
        Self { random, groups: Vec::new(), fields: Vec::new() }
    }

    /// A text of so many characters at the most, with a number in it, so that it is there once.
    pub fn text(&mut self, number: usize, most: usize) -> String {
        let pieces = self.random.random_range(1..5);
        let mut text: String = (0..pieces).map(|_| *PIECES.choose(&mut self.random).unwrap()).collect();
        if self.random.random_bool(0.5) {
            text = format!("{text}{number}");
        } else {
            text = format!("{text} n{number}");
        }
        text.chars().take(most).collect()
    }

    fn maybe(&mut self, object: &mut Value, name: &str, value: impl Into<Value>) {
        if self.random.random_bool(0.6) {
            object[name] = value.into();
        }
    }

    fn person(&mut self, number: usize) -> Value {
        let mut person = json!({});
        for (field, most) in
            [("companyName", 200), ("street", 200), ("city", 100), ("postalCode", 20), ("phone", 60)]
        {
            let text = self.text(number, most);
            self.maybe(&mut person, field, text);
        }
        if self.random.random_bool(0.5) {
            let (country, state) = *PLACES.choose(&mut self.random).unwrap();
            person["countryCode"] = json!(country);
            self.maybe(&mut person, "stateOrProvinceCode", state);
        }
        person
    }

    fn address(&mut self, number: usize) -> Value {
        let mut address = self.person(number);
        let (name, note) = (self.text(number, 200), self.text(number, 1_000));
        self.maybe(&mut address, "name", name);
        self.maybe(&mut address, "note", note);
        // One of which nothing is known is none.
        address["city"] = json!(format!("City {number}"));
        address
    }

    fn contact(&mut self, number: usize) -> Value {
        let kind = *TYPES.choose(&mut self.random).unwrap();
        let contact = match (kind, self.random.random_range(0..3)) {
            ("EMAIL", _) => format!("c{number}.{}@example.com", self.random.random_range(0..1_000_000)),
            (_, 0) => format!("https://example.com/{number}?a={}", self.random.random_range(0..1_000_000)),
            (_, 1) => format!("+49 30 {number}{}", self.random.random_range(0..1_000_000)),
            // With a letter it is no telephone number, which is there once by its digits.
            _ => format!("{} n{number}", self.text(number, 400)),
        };
        let mut entry = json!({ "type": kind, "contact": contact });
        let (handle, note) = (self.text(number, 200), self.text(number, 2_000));
        self.maybe(&mut entry, "handle", handle);
        self.maybe(&mut entry, "note", note);
        if self.random.random_bool(0.3) {
            entry["default"] = json!(true);
        }
        if self.random.random_bool(0.3) {
            entry["orderBy"] = json!(self.random.random_range(0..20));
        }
        if self.random.random_bool(0.3) {
            entry["timestamp"] = json!("2021-03-04 05:06:07 +0000");
        }
        entry
    }

    /// A customer with this number in what must be there once.
    pub fn customer(&mut self, number: usize) -> Value {
        let email = ["anna", "o'neil+tag", "ünï", "under_score", "x.y-z"].choose(&mut self.random).unwrap();
        let domain = ["example.com", "münchen.example", "EXAMPLE.org"].choose(&mut self.random).unwrap();
        let mut customer = json!({ "email": format!("{email}{number}@{domain}") });
        for (field, most) in [
            ("name", 200),
            ("taxId", 60),
            ("fiscalCode", 60),
            ("electronicInvoicePecEmail", 60),
            ("electronicInvoiceSdiCode", 60),
            ("privateAdminNotes", 2_000),
        ] {
            let text = self.text(number, most);
            self.maybe(&mut customer, field, text);
        }
        self.maybe(&mut customer, "externalReferenceId", format!("'={number}"));
        for field in ["taxIdValid", "taxExempt", "acceptMarketing"] {
            let yes = self.random.random_bool(0.5);
            self.maybe(&mut customer, field, yes);
        }
        self.maybe(&mut customer, "b2b_b2c", "b2b");
        self.maybe(&mut customer, "lang", "pt-BR");
        let person = self.person(number);
        self.maybe(&mut customer, "billingPerson", person);
        let group = self.groups.choose(&mut self.random).copied();
        self.maybe(&mut customer, "customerGroupId", group.unwrap_or_default());
        let addresses = self.random.random_range(0..4);
        customer["shippingAddresses"] =
            (0..addresses).map(|place| self.address(10 * number + place)).collect();
        let contacts = self.random.random_range(0..8);
        customer["contacts"] = (0..contacts).map(|place| self.contact(10 * number + place)).collect();
        let mut values = Vec::new();
        for (key, kind) in self.fields.clone() {
            let value = if kind == "DATETIME" { "2001-02-03".to_owned() } else { self.text(number, 200) };
            if self.random.random_bool(0.5) {
                values.push(json!({ "key": key, "value": value }));
            }
        }
        customer["extrafields"] = Value::Array(values);
        customer
    }

    /// One with as many contacts and addresses as there can be.
    pub fn largest(&mut self) -> Value {
        let mut customer = json!({ "email": "largest@example.com", "externalReferenceId": "largest" });
        // One contact is for the address of the customer itself.
        customer["contacts"] = (0..499).map(|number| self.contact(1_000 + number)).collect();
        customer["shippingAddresses"] = (0..100).map(|number| self.address(1_000 + number)).collect();
        customer
    }
}
