//! Guessing tokens: how often an address may, and who is not stopped by it.

use axum::http::Method;
use shopfolk_api::ApiSettings;

use crate::support::{Answer, Call, STORE, TestApp};

const GUESSER: &str = "192.0.2.1";
const OTHER: &str = "192.0.2.2";

async fn limited() -> TestApp {
    TestApp::start_with(ApiSettings::default()).await
}

fn call(app: &TestApp, peer: &str) -> Call {
    app.bare(Method::GET, &format!("/api/v3/{STORE}/profile")).peer(peer)
}

async fn guess(app: &TestApp, times: u32) {
    for number in 0..times {
        let guess = call(app, GUESSER).token(&format!("secret_{number}")).send().await;
        guess.error(403, "INVALID_API_TOKEN");
    }
}

fn is_refused(answer: &Answer) {
    let message = answer.error(429, "RATE_LIMITED");
    let wait = answer.header("retry-after");
    assert_eq!(
        message,
        format!(
            "Too many requests from this address with tokens that open nothing: try again in {wait} seconds"
        )
    );
}

#[tokio::test]
async fn an_address_may_guess_twenty_times_and_then_waits_a_minute() {
    let app = limited().await;
    guess(&app, 20).await;
    let refused = call(&app, GUESSER).token("secret_x").send().await;
    is_refused(&refused);
    assert_eq!(refused.header("retry-after"), "60");
    app.clock.pass(59);
    is_refused(&call(&app, GUESSER).token("secret_x").send().await);
    app.clock.pass(1);
    guess(&app, 1).await;
}

#[tokio::test]
async fn whatever_opens_nothing_counts() {
    let app = limited().await;
    for _ in 0..5 {
        call(&app, GUESSER).send().await.error(403, "INVALID_API_TOKEN");
        let query = format!("/api/v3/{STORE}/profile?token={}", app.token);
        app.bare(Method::GET, &query).peer(GUESSER).send().await.error(403, "INVALID_API_TOKEN");
        call(&app, GUESSER).token("secret_x").send().await.error(403, "INVALID_API_TOKEN");
        let nowhere = app.bare(Method::GET, "/api/v3/7/profile").token(&app.token).peer(GUESSER);
        nowhere.send().await.error(404, "STORE_NOT_FOUND");
    }
    is_refused(&call(&app, GUESSER).send().await);
}

#[tokio::test]
async fn a_known_token_goes_on_working_beside_a_guesser_of_the_same_address() {
    let app = limited().await;
    let known = || call(&app, GUESSER).token(&app.token).send();
    assert_eq!(known().await.status, 200);
    guess(&app, 20).await;
    for seconds in [0, 3, 30] {
        app.clock.advance(seconds);
        assert_eq!(known().await.status, 200, "after {seconds} seconds");
        is_refused(&call(&app, GUESSER).token("secret_x").send().await);
    }
}

/// So the database is not asked.
#[tokio::test]
async fn an_address_that_guessed_too_often_is_refused_with_a_token_that_was_not_seen_yet() {
    let app = limited().await;
    guess(&app, 20).await;
    let fresh = app.token_with("read_store_profile").await;
    is_refused(&call(&app, GUESSER).token(&fresh).send().await);
    assert_eq!(call(&app, OTHER).token(&fresh).send().await.status, 200);
    assert_eq!(call(&app, GUESSER).token(&fresh).send().await.status, 200, "it is known now");
}

#[tokio::test]
async fn refused_requests_of_who_was_let_in_do_not_count() {
    let app = limited().await;
    let token = app.token_with("read_customers").await;
    for _ in 0..25 {
        let path = format!("/api/v3/{STORE}/orders");
        let refused = app.bare(Method::GET, &path).peer(GUESSER).token(&token).send().await;
        refused.error(403, "INSUFFICIENT_APP_SCOPE");
    }
    guess(&app, 20).await;
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_and_counts() {
    let app = limited().await;
    let (token, id) = app.create_token(STORE, shopfolk_model::TokenKind::Secret, "".parse().unwrap()).await;
    let revoked = || call(&app, GUESSER).token(&token).send();
    assert_eq!(revoked().await.status, 200);
    app.revoke_token(id).await;
    app.clock.advance(5);
    for _ in 0..20 {
        revoked().await.error(403, "INVALID_API_TOKEN");
    }
    is_refused(&revoked().await);
}

#[tokio::test]
async fn without_a_rate_limit_anybody_may_guess() {
    let app = TestApp::start().await;
    guess(&app, 25).await;
}
