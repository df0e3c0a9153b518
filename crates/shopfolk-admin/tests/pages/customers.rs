//! Customers: found, created, saved, changed together, deleted.

use axum::http::StatusCode;
use shopfolk_model::{Actor, EmailAddress, NewCustomer, Timestamp};
use shopfolk_operations::{CreateCustomer, ReadCustomer};
use shopfolk_store::Engine;

use crate::support::{Server, now, store};

fn text(value: &str) -> String {
    value.to_owned()
}

#[tokio::test]
async fn customers_are_found_in_pages_that_hold_their_place() {
    let server = Server::start().await;
    for number in 0..60 {
        server.customer(1, &format!("person{number:02}@example.com"), &format!("Person {number:02}")).await;
    }
    server.customer(1, "anna@example.com", "Anna").await;
    let owner = server.owner(1).await;
    let first = owner.get("/admin/customers?sort=NAME_ASC&keyword=person").await;
    assert!(first.html.contains("60 of 61 customers") && !first.html.contains("Person 50"));
    let next = first.html.split("rel=\"next\"").next().unwrap().rsplit_once("href=\"").unwrap().1;
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    server.customer(1, "aaron@example.com", "Aaron, a person").await;
    let second = owner.get(&next).await;
    assert_eq!(second.status, StatusCode::OK, "{next}");
    assert!(second.html.contains("Person 50") && !second.html.contains("Person 49"));
    assert!(second.html.contains("To the first page"));
    for wrong in ["sort=UP", "after=x", "group=x"] {
        assert_eq!(owner.get(&format!("/admin/customers?{wrong}")).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_customer_is_created_and_saved_and_somebody_elses_change_is_not_lost() {
    let server = Server::start().await;
    let owner = server.owner(1).await;
    let form = [("email", text("anna@example.com")), ("name", text("Anna")), ("group", text("0"))];
    let created = owner.send("/admin/customers/new", "/admin/customers", &form).await;
    let page = created.location().split('?').next().unwrap().to_owned();
    let again = owner.send("/admin/customers/new", "/admin/customers", &form).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.html.contains("already exists") && again.html.contains("value=\"Anna\""));

    let drawn = owner.get(&page).await.hidden("seen");
    let change = |seen: &str, name: &str| {
        [
            ("seen", text(seen)),
            ("email", text("anna@example.com")),
            ("name", text(name)),
            ("group", text("0")),
            ("marketing", text("yes")),
            ("notes", text("first\r\nsecond")),
        ]
    };
    let saved = owner.send(&page, &page, &change(&drawn, "Anna B")).await;
    assert_eq!(saved.location(), format!("{page}?done=customer-saved"));
    let refused = owner.send(&page, &page, &change(&drawn, "Anna C")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.html.contains("Anna B") && refused.html.contains("Anna C"));
    let anyway = owner.send(&page, &page, &change(&refused.hidden("seen"), "Anna C")).await;
    assert_eq!(anyway.location(), format!("{page}?done=customer-saved"));
    let shown = owner.get(&page).await.html;
    assert!(shown.contains("Anna C") && shown.contains("first\nsecond"));

    let deletion = format!("{page}/delete");
    assert!(owner.get(&deletion).await.html.contains("1 contacts are deleted too"));
    assert_eq!(
        owner.send(&deletion, &deletion, &[]).await.location(),
        "/admin/customers?done=customer-deleted"
    );
    assert_eq!(owner.get(&page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_are_changed_after_their_plan_was_shown() {
    let server = Server::start().await;
    let (anna, bert) = (
        server.customer(1, "anna@example.com", "Anna").await,
        server.customer(1, "bert@example.com", "Bert").await,
    );
    let owner = server.owner(1).await;
    owner.send("/admin/groups", "/admin/groups", &[("name", text("Friends"))]).await;
    let groups = owner.get("/admin/groups").await.html;
    let group = groups.split("id=\"name-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (anna, bert) = (format!("chosen.{anna}"), format!("chosen.{bert}"));
    let into = [(anna.as_str(), text("on")), ("action", format!("group.{group}"))];
    let plan = owner.send("/admin/customers", "/admin/customers/many", &into).await;
    assert!(plan.html.contains("Put them into the group Friends") && !plan.html.contains("Bert"));
    let changed = owner.send("/admin/customers", "/admin/customers/many/change", &into).await;
    assert_eq!(changed.location(), "/admin/customers?done=customers-changed");
    let list = owner.get(&format!("/admin/customers?group={group}")).await.html;
    assert!(list.contains("1 of 2 customers") && list.contains("Anna"));
    let delete = [(anna.as_str(), text("on")), (bert.as_str(), text("on")), ("action", text("delete"))];
    owner.send("/admin/customers", "/admin/customers/many/change", &delete).await;
    assert!(owner.get("/admin/customers").await.html.contains("Nobody is here yet"));
    let nobody = owner.send("/admin/groups", "/admin/customers/many", &[("action", text("delete"))]).await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn renaming_a_group_moves_when_its_customers_changed() {
    let server = Server::start().await;
    let owner = server.owner(1).await;
    owner.send("/admin/groups", "/admin/groups", &[("name", text("Friends"))]).await;
    let groups = owner.get("/admin/groups").await.html;
    let group = groups.split("id=\"name-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let friend = NewCustomer {
        group: group.parse().unwrap(),
        ..NewCustomer::of(EmailAddress::new("anna@example.com").unwrap())
    };
    let create = CreateCustomer { customer: friend, now: Timestamp::from_unix_seconds(1).unwrap() };
    let customer = server.engine.write(store(1), Actor::Owner, create).await.unwrap();
    let renamed =
        owner.send("/admin/groups", &format!("/admin/groups/{group}"), &[("name", text("Kin"))]).await;
    assert_eq!(renamed.location(), "/admin/groups?done=group-saved");
    let read = ReadCustomer { customer, contacts: false };
    let (found, _) = server.engine.read(store(1), read).await.unwrap();
    assert_eq!((found.customer.updated, found.group_name.as_str()), (now(), "Kin"));
}
