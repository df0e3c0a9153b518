//! Who sees what: owners their own store, the demo everybody on this machine, and forms that are not ours change nothing.

use axum::http::{Method, StatusCode, header};

use crate::support::{Server, store};

/// Every path under `/admin`, with the methods that it takes.
fn routes() -> Vec<(&'static str, &'static [Method])> {
    const GET: &[Method] = &[Method::GET];
    const POST: &[Method] = &[Method::POST];
    const BOTH: &[Method] = &[Method::GET, Method::POST];
    let methods = |template: &str| match template {
        "/admin" | "/admin/customers/new" | "/admin/orders" | "/admin/apps" => GET,
        "/admin/customers"
        | "/admin/customers/{customer}"
        | "/admin/customers/{customer}/delete"
        | "/admin/groups"
        | "/admin/extra-fields" => BOTH,
        _ => POST,
    };
    let pages = shopfolk_admin::TEMPLATES.iter().copied();
    let open = ["/admin/style.css", "/admin/script.js", "/admin/sign-in"];
    pages.filter(|template| !open.contains(template)).map(|template| (template, methods(template))).collect()
}

#[tokio::test]
async fn nobody_sees_or_changes_anything_without_signing_in() {
    let server = Server::start().await;
    let customer = server.customer(1, "anna@example.com", "Anna Secret").await;
    let browser = server.browser();
    for (template, methods) in routes() {
        let path = template.replace("{customer}", &customer.to_string());
        let path = path.replace("{contact}", "999").replace("{group}", "999");
        for method in methods {
            let page = browser.ask(method.clone(), &path, String::new()).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{method} {path}");
            assert!(page.location().starts_with("/admin/sign-in"), "{method} {path}");
            assert!(!page.html.contains("Anna"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_owner_of_one_store_sees_and_changes_nothing_of_another() {
    let server = Server::start().await;
    // Ids count in each store, so there are more in the other one.
    let mut foreign = server.customer(1, "anna@example.com", "Anna Secret").await;
    for number in 0..3 {
        foreign = server.customer(1, &format!("anna{number}@example.com"), "Anna Secret").await;
    }
    let before = server.contacts(1, foreign).await;
    let owner = server.owner(2).await;
    let token = owner.get("/admin/groups").await.hidden("form_token");
    for (template, methods) in routes() {
        let path = template.replace("{customer}", &foreign.to_string());
        let path = path.replace("{contact}", "999").replace("{group}", "999");
        for method in methods {
            if path == "/admin/sign-out" {
                continue;
            }
            let page = if method == Method::GET {
                owner.get(&path).await
            } else {
                let chosen = format!("chosen.{foreign}");
                let form = [
                    (chosen.as_str(), "on".to_owned()),
                    ("action", "delete".to_owned()),
                    ("contact", "+1 234".to_owned()),
                    ("type", "PHONE".to_owned()),
                    ("order", "1".to_owned()),
                    ("group", "0".to_owned()),
                    ("name", "Friends".to_owned()),
                ];
                owner.send_with(&token, &path, &form).await
            };
            assert!(!page.html.contains("Secret"), "{method} {path}");
            if template.contains("{customer}") || template.contains("{group}") {
                assert_eq!(page.status, StatusCode::NOT_FOUND, "{method} {path}: {}", page.html);
            }
        }
    }
    assert_eq!(server.contacts(1, foreign).await, before);
    let own = server.owner(1).await;
    assert!(own.get(&format!("/admin/customers/{foreign}")).await.html.contains("Anna Secret"));
}

#[tokio::test]
async fn a_form_that_is_not_ours_changes_nothing() {
    let server = Server::start().await;
    let customer = server.customer(1, "anna@example.com", "Anna").await;
    let owner = server.owner(1).await;
    let other = server.owner(2).await.get("/admin/groups").await.hidden("form_token");
    for (template, methods) in routes() {
        let path = template.replace("{customer}", &customer.to_string());
        let path = path.replace("{contact}", "999").replace("{group}", "999");
        for token in ["", "guessed", &other] {
            if methods.contains(&Method::POST) {
                let page = owner.send_with(token, &path, &[]).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
            }
        }
    }
    assert!(owner.get(&format!("/admin/customers/{customer}")).await.html.contains("Anna"));
}

#[tokio::test]
async fn the_demo_needs_no_password_says_so_and_is_for_this_machine_alone() {
    let server = Server::start_with(Some(store(1))).await;
    let customer = server.customer(1, "anna@example.com", "Anna").await;
    let mut browser = server.browser();
    for path in ["/admin", "/admin/customers", &format!("/admin/customers/{customer}")] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.html.contains("This is the demo store: it needs no password"), "{path}");
    }
    let created = browser.send("/admin/groups", "/admin/groups", &[("name", "Friends".to_owned())]).await;
    assert_eq!(created.location(), "/admin/groups?done=group-created");
    browser.host = "evil.example";
    let page = browser.get("/admin/customers").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.html.contains("Anna"));
}

#[tokio::test]
async fn who_signs_out_is_out_and_a_wrong_password_lets_nobody_in() {
    let server = Server::start().await;
    let owner = server.owner(1).await;
    assert_eq!(owner.send("/admin/groups", "/admin/sign-out", &[]).await.location(), "/admin/sign-in");
    assert_eq!(owner.get("/admin").await.location(), "/admin/sign-in?next=%2Fadmin");
    let form = [
        ("store", "1".to_owned()),
        ("email", "owner@example.com".to_owned()),
        ("password", "another long password".to_owned()),
    ];
    let page = owner.send("/admin/sign-in", "/admin/sign-in", &form).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.html.contains("role=\"alert\""));
}

#[tokio::test]
async fn every_page_is_under_a_strict_policy_and_browsers_are_sent_to_the_pages() {
    let server = Server::start().await;
    let owner = server.owner(1).await;
    for path in ["/admin", "/admin/customers", "/admin/customers/new", "/admin/nowhere", "/admin/apps"] {
        let page = owner.get(path).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        assert!(
            !page.html.contains("style=") && !page.html.contains("onclick") && !page.html.contains("://")
        );
        assert!(page.html.len() < 40_000);
    }
    assert_eq!(owner.get("/admin/nowhere").await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get("/").await.location(), "/admin");
    for file in ["/admin/style.css", "/admin/script.js"] {
        let page = owner.get(file).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.html.contains("://"), "{file}");
    }
}
