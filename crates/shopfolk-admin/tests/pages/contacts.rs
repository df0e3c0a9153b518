//! Contacts on the page of a customer.

use axum::http::StatusCode;

use crate::support::Server;

fn said(contact: &str) -> [(&'static str, String); 1] {
    [("contact", contact.to_owned())]
}

#[tokio::test]
async fn contacts_are_added_by_what_is_pasted_changed_ordered_and_deleted() {
    let server = Server::start().await;
    let customer = server.customer(1, "anna@example.com", "Anna").await;
    let owner = server.owner(1).await;
    let page = format!("/admin/customers/{customer}");
    let contacts = format!("{page}/contacts");
    for contact in ["+1 (234) 567", "https://www.instagram.com/anna", "wa.me/12345"] {
        let added = owner.send(&page, &contacts, &said(contact)).await;
        assert_eq!(added.location(), format!("{page}?done=contact-added"));
    }
    let again = owner.send(&page, &contacts, &said("+1234567")).await;
    assert_eq!(again.location(), format!("{page}?done=contact-there"));
    let shown = owner.get(&page).await;
    for expected in [
        "href=\"tel:+1234567\"",
        "href=\"https://www.instagram.com/anna\"",
        "href=\"mailto:anna@example.com\"",
        "WhatsApp",
    ] {
        assert!(shown.html.contains(expected), "{expected}: {}", shown.html);
    }

    let order = shown.hidden("order");
    let ids: Vec<_> = order.split(',').collect();
    let up = [("order", order.clone()), ("move", format!("up.{}", ids[1]))];
    let moved = owner.send(&page, &format!("{contacts}/order"), &up).await;
    assert_eq!(moved.location(), format!("{page}?done=contacts-ordered"));
    assert_eq!(server.contacts(1, customer).await[..2], ["+1 (234) 567", "anna@example.com"]);
    let left_out = owner.send(&page, &format!("{contacts}/order"), &[("order", ids[0].to_owned())]).await;
    assert_eq!(left_out.status, StatusCode::CONFLICT);
    assert!(left_out.html.contains("The order was not changed"));

    let form = [
        ("contact", "+1 999".to_owned()),
        ("type", "PHONE".to_owned()),
        ("note", "mobile".to_owned()),
        ("default", "on".to_owned()),
    ];
    let saved = owner.send(&page, &format!("{contacts}/{}", ids[1]), &form).await;
    assert_eq!(saved.location(), format!("{page}?done=contact-saved"));
    let shown = owner.get(&page).await.html;
    assert!(shown.contains("+1 999") && shown.contains("mobile") && shown.contains("★ default"));
    let deleted = owner.send(&page, &format!("{contacts}/{}/delete", ids[1]), &[]).await;
    assert_eq!(deleted.location(), format!("{page}?done=contact-deleted"));
    assert_eq!(server.contacts(1, customer).await.len(), 3);
}

#[tokio::test]
async fn a_contact_that_cannot_be_is_said_beside_what_was_typed() {
    let server = Server::start().await;
    let customer = server.customer(1, "anna@example.com", "Anna").await;
    let owner = server.owner(1).await;
    let page = format!("/admin/customers/{customer}");
    let form = [("contact", "no address".to_owned()), ("type", "EMAIL".to_owned())];
    let refused = owner.send(&page, &format!("{page}/contacts"), &form).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.html.contains("role=\"alert\"") && refused.html.contains("value=\"no address\""));
    assert_eq!(server.contacts(1, customer).await.len(), 1);
}
