//! Who is let in: stores, tokens, scopes, suspension, rate limit.

use std::time::Duration;

use axum::http::Method;
use shopfolk_api::ApiSettings;
use shopfolk_model::{ScopeSet, TokenKind};
use shopfolk_operations::ListTokens;
use shopfolk_store::Engine;

use crate::support::{STORE, TestApp, limit, store};

#[tokio::test]
async fn a_store_that_is_not_there_is_said_before_anything_else() {
    let app = TestApp::start().await;
    for path in [
        "/api/v3/999/customers",
        "/api/v3/99999999999999999999999/customers",
        "/api/v3/999/customers/x/contacts/y?responseFields=((",
    ] {
        for call in [app.bare(Method::GET, path), app.bare(Method::GET, path).token(&app.token)] {
            assert_eq!(call.send().await.error(404, "STORE_NOT_FOUND"), "Store not found");
        }
    }
    let answer = app.bare(Method::GET, "/api/v3/shop/customers").send().await;
    assert_eq!(
        answer.error(400, "WRONG_PARAMETER"),
        "Wrong value 'shop' of parameter 'storeId': it must be a decimal integer of at least 0"
    );
}

#[tokio::test]
async fn a_token_that_opens_nothing_gets_one_answer() {
    let app = TestApp::start().await;
    app.create_store(1004).await;
    let (foreign, _) = app.create_token(1004, TokenKind::Secret, ScopeSet::ALL).await;
    let path = format!("/api/v3/{STORE}/customers");
    let call = || app.bare(Method::GET, &path);
    let mut messages = Vec::new();
    for call in [
        call(),
        call().token("secret_unknown"),
        call().token(&foreign),
        call().token(""),
        call().header("authorization", &format!("Basic {}", app.token)),
        call().header("authorization", &app.token),
    ] {
        messages.push(call.send().await.error(403, "INVALID_API_TOKEN"));
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let app = TestApp::start().await;
    let path = format!("/api/v3/{STORE}/profile");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", app.token);
        let answer = app.bare(Method::GET, &path).header("authorization", &header).send().await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_refused_and_the_switch_is_named() {
    let app = TestApp::start().await;
    let path = format!("/api/v3/{STORE}/profile?token={}", app.token);
    let message = app.bare(Method::GET, &path).send().await.error(403, "INVALID_API_TOKEN");
    assert!(message.contains("--allow-query-token") && !message.contains(&app.token), "{message}");
}

#[tokio::test]
async fn a_token_in_the_query_works_when_it_is_allowed() {
    let settings = ApiSettings { allow_query_token: true, rate_limit: None, ..ApiSettings::default() };
    let app = TestApp::start_with(settings).await;
    let path = format!("/api/v3/{STORE}/profile?a=b&token=");
    assert_eq!(app.bare(Method::GET, &format!("{path}{}", app.token)).send().await.status, 200);
    app.bare(Method::GET, &format!("{path}x")).send().await.error(403, "INVALID_API_TOKEN");
}

#[tokio::test]
async fn a_revoked_token_is_dead_within_five_seconds() {
    let app = TestApp::start().await;
    let (token, id) = app.create_token(STORE, TokenKind::Secret, ScopeSet::ALL).await;
    let call = || app.call(Method::GET, "/profile").token(&token).send();
    assert_eq!(call().await.status, 200);
    app.revoke_token(id).await;
    app.clock.advance(4);
    call().await.error(403, "INVALID_API_TOKEN");
}

#[tokio::test]
async fn a_revoked_token_is_dead_within_five_seconds_whatever_the_clock_on_the_wall_does() {
    let app = TestApp::start().await;
    for set_by in [0, -3_600, 3_600] {
        let (token, id) = app.create_token(STORE, TokenKind::Secret, ScopeSet::ALL).await;
        let call = || app.call(Method::GET, "/profile").token(&token).send();
        assert_eq!(call().await.status, 200);
        app.revoke_token(id).await;
        app.clock.set_by(set_by);
        app.clock.pass(4);
        call().await.error(403, "INVALID_API_TOKEN");
    }
}

#[tokio::test]
async fn a_suspended_store_says_so_within_five_seconds_until_it_is_resumed() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/profile").await.status, 200);
    app.suspend_store(true).await;
    app.clock.advance(4);
    assert_eq!(app.get("/profile").await.error(402, "STORE_IS_SUSPENDED"), "The store is suspended");
    let unknown = app.bare(Method::GET, &format!("/api/v3/{STORE}/profile")).token("x").send().await;
    unknown.error(403, "INVALID_API_TOKEN");
    app.suspend_store(false).await;
    app.clock.advance(4);
    assert_eq!(app.get("/profile").await.status, 200);
}

#[tokio::test]
async fn a_new_token_works_at_once() {
    let app = TestApp::start().await;
    let text = "secret_00000000000000000000000000000001";
    app.call(Method::GET, "/profile").token(text).send().await.error(403, "INVALID_API_TOKEN");
    assert_eq!(app.token_with("read_customers").await, text);
    assert_eq!(app.call(Method::GET, "/profile").token(text).send().await.status, 200);
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let app = TestApp::start().await;
    let token = app.token_with("update_customers,create_customers").await;
    let answer = app.call(Method::GET, "/customers").token(&token).send().await;
    assert_eq!(
        answer.error(403, "INSUFFICIENT_APP_SCOPE"),
        "The token lacks the access scope read_customers"
    );
    let answer = app.call(Method::DELETE, "/customers/1").token(&token).send().await;
    assert!(answer.error(403, "INSUFFICIENT_APP_SCOPE").ends_with("read_customers"));
}

#[tokio::test]
async fn a_public_token_opens_the_profile_and_no_customer() {
    let app = TestApp::start().await;
    let (token, _) = app.create_token(STORE, TokenKind::Public, ScopeSet::ALL).await;
    assert_eq!(app.call(Method::GET, "/profile").token(&token).send().await.status, 200);
    let answer = app.call(Method::GET, "/customers").token(&token).send().await;
    let message = answer.error(403, "INSUFFICIENT_APP_SCOPE");
    assert!(message.starts_with("A public token never opens anything about customers"), "{message}");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_told_when_to_come_again() {
    let limited =
        ApiSettings { rate_limit: Some(limit(3, Duration::from_hours(1))), ..ApiSettings::default() };
    let app = TestApp::start_with(limited).await;
    let other = app.token_with("read_customers").await;
    for _ in 0..3 {
        assert_eq!(app.get("/profile").await.status, 200);
    }
    let answer = app.get("/profile").await;
    let message = answer.error(429, "RATE_LIMITED");
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1_100..=1_200).contains(&wait), "{wait}");
    assert_eq!(message, format!("Too many requests with this token: try again in {wait} seconds"));
    assert_eq!(app.call(Method::GET, "/profile").token(&other).send().await.status, 200);
    app.clock.advance(10);
    app.get("/profile").await.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn the_last_day_of_use_is_recorded() {
    let app = TestApp::start().await;
    let last_used = async || {
        let list = ListTokens { store: store(STORE), after: None };
        let tokens = app.engine.read(store(STORE), list).await.unwrap().unwrap();
        tokens.listed.items[0].last_used.map(|day| day.to_string())
    };
    for day in ["2025-03-26", "2025-03-27"] {
        app.get("/profile").await;
        for _ in 0..1_000 {
            if last_used().await.as_deref() == Some(day) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(last_used().await.as_deref(), Some(day));
        app.clock.advance(86_400);
    }
}
