//! Lists that go on where a page ended: `after` takes the `next` of the answer before.

use serde_json::Value;

use crate::support::TestApp;

/// The ids or other fields of the items of an answer, and its `next`.
async fn page(app: &TestApp, path: &str, field: &str) -> (Vec<Value>, Option<String>) {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap();
    assert_eq!(answer["count"], items.len());
    let next = answer.get("next").map(|next| next.as_str().unwrap().to_owned());
    (items.iter().map(|item| item[field].clone()).collect(), next)
}

/// A store in which some are equal in each order and nothing is known of some.
async fn shop() -> TestApp {
    let app = TestApp::start().await;
    for number in 0..9 {
        let name = match number % 3 {
            0 => String::new(),
            1 => "Änne".to_owned(),
            _ => format!("bert {}", number % 2),
        };
        let body = format!(r#"{{"email": "c{}@example.com", "name": "{name}"}}"#, number * 7 % 9);
        app.post("/customers", &body).await.json();
        if number % 2 == 0 {
            app.clock.advance(60);
        }
        if number % 4 == 0 {
            let total = number % 8;
            let body = format!(r#"{{"email": "c{}@example.com", "total": {total}}}"#, number * 7 % 9);
            app.post("/orders", &body).await.json();
        }
    }
    app
}

const ORDERS: [&str; 17] = [
    "",
    "NAME_ASC",
    "NAME_DESC",
    "EMAIL_ASC",
    "EMAIL_DESC",
    "REGISTERED_DATE_ASC",
    "REGISTERED_DATE_DESC",
    "UPDATED_DATE_ASC",
    "UPDATED_DATE_DESC",
    "ORDER_COUNT_ASC",
    "ORDER_COUNT_DESC",
    "SALES_VALUE_ASC",
    "SALES_VALUE_DESC",
    "FIRST_ORDER_DATE_ASC",
    "FIRST_ORDER_DATE_DESC",
    "LAST_ORDER_DATE_ASC",
    "LAST_ORDER_DATE_DESC",
];

/// The customer at which a page ends is deleted before the next one is read, and others come.
#[tokio::test]
async fn customers_go_on_where_a_page_ended_in_every_order() {
    let app = shop().await;
    for (number, order) in ORDERS.iter().enumerate() {
        let list = format!("/customers?sortBy={order}");
        let (before, none) = page(&app, &list, "id").await;
        assert!(none.is_none() && before.len() >= 9, "{order}");
        let (mut met, mut path) = (Vec::new(), format!("{list}&limit=4"));
        let mut pages = 0;
        loop {
            let (ids, next) = page(&app, &path, "id").await;
            met.extend(ids.clone());
            let Some(next) = next else { break };
            assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{next}");
            app.delete(&format!("/customers/{}", ids[3])).await.json();
            let name = ["", "Änne", "bert 0"][pages % 3];
            let body = format!(r#"{{"email": "{number}-{pages}@example.org", "name": "{name}"}}"#);
            app.post("/customers", &body).await.json();
            path = format!("{list}&limit=4&after={next}");
            pages += 1;
        }
        assert!(pages >= 2, "{order}");
        met.retain(|id| before.contains(id));
        assert_eq!(met, before, "{order}");
    }
}

#[tokio::test]
async fn every_other_list_goes_on_where_a_page_ended() {
    let app = shop().await;
    for number in 0..5 {
        app.post("/customer_groups", &format!(r#"{{"name": "Group {number}"}}"#)).await.json();
        let customer = app.create_customer(&format!("gone{number}@example.com")).await;
        app.delete(&customer).await.json();
        app.post("/orders", r#"{"email": "c1@example.com", "total": 1}"#).await.json();
    }
    for list in ["/customer_groups?", "/customers/deleted?", "/orders?", "/orders?email=c1@example.com&"] {
        let (before, none) = page(&app, list, "id").await;
        assert!(none.is_none() && before.len() >= 5, "{list}");
        let (mut met, mut path) = (Vec::new(), format!("{list}limit=2"));
        loop {
            let (ids, next) = page(&app, &path, "id").await;
            met.extend(ids);
            let Some(next) = next else { break };
            path = format!("{list}limit=2&after={next}");
        }
        assert_eq!(met, before, "{list}");
    }
}

#[tokio::test]
async fn next_is_there_while_there_is_more_and_answers_say_what_they_always_said() {
    let app = shop().await;
    let answer = app.get("/customers?limit=8&responseFields=total,count,offset,limit,next").await.json();
    let next = answer["next"].as_str().unwrap();
    assert_eq!((&answer["total"], &answer["count"]), (&9.into(), &8.into()));
    let rest = app.get(&format!("/customers?after={next}&responseFields=total,count,offset,next")).await.text;
    assert_eq!(rest, r#"{"total":9,"count":1,"offset":0}"#);
    let behind = app.get("/customers?offset=8&limit=1").await.json();
    assert!(behind.get("next").is_none(), "{behind}");
    let only = app.get("/customers?limit=8&responseFields=next").await.json();
    assert_eq!(only, serde_json::json!({ "next": next }));
    let exactly = "/customers?email=c1@example.com&useExactEmailMatch=true";
    assert_eq!(app.get(exactly).await.json()["count"], 1);
    let last = app.get("/customers?offset=7&limit=1").await.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&format!("{exactly}&after={last}")).await.json()["count"], 0);
}

#[tokio::test]
async fn place_in_another_order_or_in_none_is_refused() {
    let app = shop().await;
    let (_, next) = page(&app, "/customers?limit=2&sortBy=NAME_ASC", "id").await;
    let by_name = next.unwrap();
    let (_, next) = page(&app, "/orders?limit=1", "id").await;
    let of_orders = next.unwrap();
    for (path, of_another) in [
        (format!("/customers?after={by_name}"), true),
        (format!("/customers?after={by_name}&sortBy=NAME_DESC"), true),
        (format!("/customers?after={of_orders}"), true),
        (format!("/orders?after={by_name}"), true),
        (format!("/customers/deleted?after={of_orders}"), true),
        (format!("/customer_groups?after={of_orders}"), true),
        (format!("/customers?after={by_name}!&sortBy=NAME_ASC"), false),
        ("/customers?after=17".to_owned(), false),
        ("/customers?after=AAAA".to_owned(), false),
        ("/orders?after=%00".to_owned(), false),
        ("/customer_groups?after=next".to_owned(), false),
    ] {
        let message = app.get(&path).await.error(400, "WRONG_PARAMETER");
        assert!(message.contains("'after'"), "{path}: {message}");
        assert_eq!(message.contains("this one is of another"), of_another, "{path}: {message}");
    }
    let both = format!("/customers?sortBy=name_asc&after={by_name}&offset=");
    let message = app.get(&format!("{both}1")).await.error(400, "WRONG_PARAMETER");
    assert!(message.contains("'after'") && message.contains("'offset'"), "{message}");
    assert_eq!(app.get(&format!("{both}0")).await.json()["count"], 7);
    assert_eq!(app.get("/customers?after=").await.json()["count"], 9);
}

#[tokio::test]
async fn longest_name_makes_a_place_that_fits_into_an_address() {
    let app = TestApp::start().await;
    let name = "ΐ".repeat(255);
    for email in ["a@example.com", "b@example.com"] {
        app.post("/customers", &format!(r#"{{"email": "{email}", "name": "{name}"}}"#)).await.json();
    }
    for order in ["NAME_ASC", "NAME_DESC"] {
        let (first, next) = page(&app, &format!("/customers?sortBy={order}&limit=1"), "id").await;
        let next = next.unwrap();
        assert!(next.len() < 2_100, "{}", next.len());
        let (second, none) =
            page(&app, &format!("/customers?sortBy={order}&limit=1&after={next}"), "id").await;
        let in_order = (first[0].as_i64() < second[0].as_i64()) == order.ends_with("ASC");
        assert!(in_order && none.is_none(), "equal ones come by id, in the direction of the order");
    }
}
