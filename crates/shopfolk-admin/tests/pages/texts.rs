//! Every text that comes from somebody is shown as text.

use crate::support::Server;

/// Ends attributes and elements, and would run.
const PLANTED: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";

#[tokio::test]
async fn scripts_in_every_field_are_shown_as_text_on_every_page() {
    let server = Server::start().await;
    let customer = server.customer(1, "anna@example.com", PLANTED).await;
    let owner = server.owner(1).await;
    let page = format!("/admin/customers/{customer}");
    let planted = |name| (name, PLANTED.to_owned());
    owner.send("/admin/groups", "/admin/groups", &[planted("name")]).await;
    owner.send("/admin/extra-fields", "/admin/extra-fields", &[planted("title")]).await;
    for contact_type in ["URL", "OTHER", "PHONE", "TELEGRAM", "FACEBOOK"] {
        let form =
            [planted("contact"), ("type", contact_type.to_owned()), planted("note"), planted("handle")];
        owner.send(&page, &format!("{page}/contacts"), &form).await;
    }
    let script = [("contact", "javascript:alert(1)".to_owned()), ("type", "URL".to_owned())];
    owner.send(&page, &format!("{page}/contacts"), &script).await;
    let drawn = owner.get(&page).await;
    let extra = drawn.html.split("name=\"extra.").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let extra = format!("extra.{extra}");
    let details = [
        ("seen", drawn.hidden("seen")),
        ("email", "anna@example.com".to_owned()),
        ("group", "0".to_owned()),
        planted("name"),
        planted("notes"),
        planted("tax_id"),
        (extra.as_str(), PLANTED.to_owned()),
    ];
    assert_eq!(owner.send(&page, &page, &details).await.location(), format!("{page}?done=customer-saved"));

    let mut pages = Vec::new();
    for path in [
        "/admin",
        "/admin/customers",
        "/admin/groups",
        "/admin/extra-fields",
        "/admin/orders",
        "/admin/apps",
        "/admin/customers/new",
        &page,
        &format!("{page}/delete"),
        "/admin/customers?keyword=%22%3E%3Cscript%3Ealert(1)",
        "/admin/orders?keyword=%22%3E%3Cscript%3E",
        "/admin/customers?sort=%3Cscript%3E",
        "/admin/customers?after=%3Cscript%3E",
    ] {
        pages.push(owner.get(path).await);
    }
    let chosen = format!("chosen.{customer}");
    let many = [(chosen.as_str(), "on".to_owned()), ("action", "delete".to_owned())];
    pages.push(owner.send(&page, "/admin/customers/many", &many).await);
    pages.push(owner.send(&page, &page, &details).await);
    let wrong = [planted("email"), planted("name")];
    pages.push(owner.send(&page, "/admin/customers", &wrong).await);
    let signed_out = server.browser();
    pages.push(
        signed_out
            .send("/admin/sign-in", "/admin/sign-in", &[planted("email"), planted("next"), planted("store")])
            .await,
    );
    for page in &pages {
        assert!(!page.html.contains("<script>") && !page.html.contains("<img"), "{}", page.html);
        assert!(!page.html.contains("href=\"javascript:"), "{}", page.html);
    }
    assert!(pages[7].html.contains("&#60;script&#62;alert(1)"), "{}", pages[7].html);
}
