//! A database with something of everything: people who do not exist, in every table.

use serde_json::{Value, json};

use super::{Client, PATIENCE, Program, STORE, Shop, eventually};

const SCOPES: &str = "read_store_profile,read_customers,create_customers,update_customers,\
    read_customers_extrafields,update_customers_extrafields,delete_customers_extrafields,\
    read_orders,create_orders,update_orders";

/// Makes it, with a node that dies while contacts are not settled yet.
pub fn make(program: Program) -> Shop {
    program.run(&["store", "create", "--id", &STORE.to_string(), "--name", "Bücher & Söhne"]).succeeded();
    program.run(&["store", "create", "--id", "7", "--name", "Another"]).succeeded();
    program.run(&["store", "suspend", "--id", "7"]).succeeded();
    let token = program.create_token(SCOPES);
    program.create_token("read_customers");
    let shop = Shop { program, token };
    import(&shop);

    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let groups = ["Wholesale", "Großkunden"].map(|name| {
        post(
            &client,
            "customer_groups",
            &json!({ "name": name, "externalReferenceId": format!("group {name}") }),
        )
    });
    let text =
        post_key(&client, &json!({ "title": "Shoe size", "type": "TEXT", "shownOnOrderDetails": true }));
    let date = post_key(&client, &json!({ "title": "Birthday", "type": "DATETIME" }));
    let anna = post(&client, "customers", &anna(groups[0], &text, &date));
    let others = others(&client, groups[1]);
    contacts(&client, anna);
    orders(&client, anna, others[0]);
    for gone in &others[3..] {
        delete(&client, &format!("customers/{gone}"));
    }
    let body =
        json!({ "mode": "SELECTED", "ids": [others[1], others[2]], "customer": { "acceptMarketing": true } });
    post_any(&client, "customers_update", &body);
    wait_until_searched(&shop, &client);

    // These are the last, so that they are found where contacts are before they are settled.
    for number in 0..3 {
        let body = json!({ "type": "OTHER", "contact": format!("by pigeon {number}"), "note": "late" });
        post(&client, &format!("customers/{anna}/contacts"), &body);
    }
    server.kill();
    // Answers tell of deleted customers for half a year, and the database is kept for longer.
    shop.program.execute("UPDATE events SET created = 4102444800 WHERE event_type = 3");
    shop
}

/// Customers that come from a file, most of them with nothing but an address.
fn import(shop: &Shop) {
    let line = |number: u64| {
        let mut customer = json!({ "email": format!("guest{number}@example.org") });
        if number.is_multiple_of(5) {
            customer["name"] = json!(format!("Guest {number}"));
            customer["externalReferenceId"] = json!(format!("legacy-{number}"));
            customer["contacts"] = json!([{ "type": "VIBER", "contact": format!("+1 555 02{number:02}") }]);
        }
        customer.to_string() + "\n"
    };
    let lines: String = (1..=20).map(line).collect();
    let store = STORE.to_string();
    shop.program.run_with_input(&["import", "--store", &store, "-"], lines.as_bytes()).succeeded();
}

/// Somebody of whom everything is known.
fn anna(group: u64, text: &str, date: &str) -> Value {
    json!({
        "email": "Anna@Example.com",
        "billingPerson": {
            "name": "Anna Müller", "companyName": "Müller & Sons", "street": "1 A Street\nFloor 2", "city": "New York",
            "countryCode": "US", "postalCode": "10001", "stateOrProvinceCode": "NY", "phone": "+1 555 0100",
        },
        "shippingAddresses": [
            { "name": "Anna", "city": "Rome", "countryCode": "IT", "note": "ring twice", "defaultAddress": true },
            { "companyName": "Elsewhere", "street": "Gasse 5", "city": "Köln", "countryCode": "DE", "orderBy": 3 },
        ],
        "contacts": [
            { "type": "PHONE", "contact": "+1 555 0101", "note": "after noon", "default": true },
            { "type": "PHONE", "contact": "+1 555 0102" },
            { "type": "FACEBOOK", "contact": "https://www.facebook.com/anna.example" },
            { "type": "URL", "contact": "https://anna.example.com/", "orderBy": 9 },
        ],
        "customerGroupId": group, "taxId": "T 1", "taxIdValid": false, "taxExempt": true, "b2b_b2c": "b2b",
        "fiscalCode": "F 1", "electronicInvoicePecEmail": "pec@example.com", "electronicInvoiceSdiCode": "S 1",
        "privateAdminNotes": "likes\nlines", "acceptMarketing": true, "lang": "de", "externalReferenceId": "A-1",
        "extrafields": [{ "key": text, "value": "38" }, { "key": date, "value": "1990-05-01 00:00:00 +0000" }],
    })
}

/// More customers: the last two are deleted later.
fn others(client: &Client, group: u64) -> Vec<u64> {
    let of = |number: usize, name: &str| {
        let body = json!({
            "email": format!("person{number}@example.com"), "name": name, "lang": "en",
            "customerGroupId": if number.is_multiple_of(2) { group } else { 0 },
            "contacts": [{ "type": "TELEGRAM", "contact": format!("@person{number}") }],
        });
        post(client, "customers", &body)
    };
    let names = ["Bert Example", "石田 花子", "Ειρήνη Δοκιμή", "Gone Away", "Long Gone"];
    names.iter().enumerate().map(|(number, name)| of(number, name)).collect()
}

/// A contact of each type, and one changed, one made the default, one deleted.
fn contacts(client: &Client, customer: u64) {
    let path = format!("customers/{customer}/contacts");
    let each = [
        ("EMAIL", "anna.b@example.com"),
        ("INSTAGRAM", "anna_example"),
        ("TWITTER", "@anna_example"),
        ("YOUTUBE", "https://www.youtube.com/@anna_example"),
        ("TIKTOK", "@anna_example"),
        ("PINTEREST", "anna_example"),
        ("VK", "https://vk.com/anna_example"),
        ("FB_MESSENGER", "https://m.me/anna.example"),
        ("WHATSAPP", "+1 555 0103"),
        ("TELEGRAM", "@anna_example"),
        ("VIBER", "+1 555 0104"),
        ("OTHER", "Fax +1 555 0105"),
    ];
    let ids = each.map(|(kind, contact)| post(client, &path, &json!({ "type": kind, "contact": contact })));
    put(client, &format!("{path}/{}", ids[0]), &json!({ "default": true, "note": "now first" }));
    put(client, &format!("{path}/{}", ids[1]), &json!({ "orderBy": 2, "handle": "anna" }));
    delete(client, &format!("{path}/{}", ids[11]));
}

/// Orders of two customers, of a guest, and one that is deleted.
fn orders(client: &Client, first: u64, second: u64) {
    let items = json!([
        { "productId": 101, "name": "Apple", "quantity": 2 },
        { "productId": 102, "name": "Pepper", "quantity": 1 },
    ]);
    let order = |who: Value, total: f64, day: u64| {
        let mut order = json!({
            "total": total, "createDate": format!("2025-03-{day:02} 10:00:00 +0000"), "items": items,
            "paymentStatus": "PAID",
        });
        order.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        post(client, "orders", &order)
    };
    order(json!({ "customerId": first }), 12.5, 1);
    order(json!({ "email": "anna@example.com" }), 7.25, 9);
    order(json!({ "customerId": second }), 100.0, 3);
    order(
        json!({ "email": "guest@example.com", "billingPerson": { "name": "Guest Example", "city": "Rome" } }),
        3.0,
        4,
    );
    let deleted = order(json!({ "customerId": second }), 1.0, 5);
    delete(client, &format!("orders/{deleted}"));
}

/// Waits until what searches look through is packed, and has some come later.
fn wait_until_searched(shop: &Shop, client: &Client) {
    let body = json!({ "email": "late@example.com", "name": "Late Example" });
    if shop.program.is_on_postgres() {
        post(client, "customers", &body);
        return;
    }
    let database = rusqlite::Connection::open(shop.program.database()).unwrap();
    eventually("searches have blocks", PATIENCE, || {
        search(client);
        let blocks: i64 =
            database.query_row("SELECT count(*) FROM search_blocks", [], |row| row.get(0)).unwrap();
        (blocks > 0).then_some(())
    });
    post(client, "customers", &body);
}

fn search(client: &Client) {
    let found = client.get(&format!("/api/v3/{STORE}/customers?keyword=anna")).unwrap();
    assert_eq!(found.status, 200, "{found:?}");
}

fn post_any(client: &Client, path: &str, body: &Value) -> Value {
    let answer = client.post(&format!("/api/v3/{STORE}/{path}"), body).unwrap();
    assert_eq!(answer.status, 200, "{path} {body}: {answer:?}");
    answer.body
}

/// Creates something and answers with its id.
fn post(client: &Client, path: &str, body: &Value) -> u64 {
    post_any(client, path, body)["id"].as_u64().unwrap()
}

fn post_key(client: &Client, body: &Value) -> String {
    post_any(client, "store_extrafields/customers", body)["key"].as_str().unwrap().to_owned()
}

fn put(client: &Client, path: &str, body: &Value) {
    let answer = client.put(&format!("/api/v3/{STORE}/{path}"), body).unwrap();
    assert_eq!(answer.status, 200, "{path} {body}: {answer:?}");
}

fn delete(client: &Client, path: &str) {
    let answer = client.delete(&format!("/api/v3/{STORE}/{path}")).unwrap();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
}
