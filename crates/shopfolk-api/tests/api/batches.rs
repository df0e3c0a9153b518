//! Batches, run by the real runner beside the real router.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use shopfolk_api::{ApiSettings, Clock, api};
use shopfolk_model::{Actor, ScopeSet, TokenKind};
use shopfolk_store::{BackgroundTask, Engine, StoresWith};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::flaky_engine::Flaky;
use crate::support::{Call, STORE, TestApp, limit};

/// Has batches run for as long as this is there.
fn running(background: &[BackgroundTask]) -> JoinSet<()> {
    let batches = background.iter().find(|task| task.name == "batches").unwrap();
    let mut running = JoinSet::new();
    running.spawn(batches.begin());
    running
}

async fn send(app: &TestApp, query: &str, requests: &Value) -> String {
    let answer = app.post(&format!("/batch{query}"), &requests.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

async fn look(app: &TestApp, ticket: &str) -> Value {
    app.get(&format!("/batch?ticket={ticket}")).await.json()
}

/// Waits until a batch is this far.
async fn when(app: &TestApp, ticket: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..6_000 {
        let batch = look(app, ticket).await;
        if is_there(&batch) {
            return batch;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came so far: {}", look(app, ticket).await);
}

async fn completed(app: &TestApp, ticket: &str) -> Value {
    when(app, ticket, |batch| batch["status"] == "COMPLETED").await
}

/// What became of the requests: status in the batch, status in HTTP.
fn outcomes(batch: &Value) -> Vec<(String, u64)> {
    let responses = batch["responses"].as_array().unwrap().iter();
    responses
        .map(|one| (one["status"].as_str().unwrap().to_owned(), one["httpStatusCode"].as_u64().unwrap()))
        .collect()
}

fn told(outcomes: &[(&str, u64)]) -> Vec<(String, u64)> {
    outcomes.iter().map(|(status, code)| ((*status).to_owned(), *code)).collect()
}

fn group(name: &str) -> Value {
    json!({"id": name, "path": "customer_groups", "method": "POST", "body": {"name": name}})
}

async fn groups(app: &TestApp) -> Vec<String> {
    let items = app.get("/customer_groups?limit=1000").await.json();
    let names = items["items"].as_array().unwrap().iter().skip(1);
    names.map(|group| group["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn requests_of_a_batch_are_answered_as_they_would_be_alone() {
    let app = TestApp::start().await;
    let requests = json!([
        {"id": "first", "path": "/profile?", "method": "get", "body": ""},
        {"path": "customer_groups", "method": "POST", "body": "{\"name\": \"VIP\"}"},
        {"id": "", "path": "/customer_groups?keyword=v ip", "method": "GET", "body": null},
        {"path": "customers/7", "method": "DELETE"},
        {"path": "nowhere/../profile", "method": "GET"},
    ]);
    let ticket = send(&app, "?stopOnFirstFailure=false", &requests).await;
    let batch = look(&app, &ticket).await;
    assert_eq!(batch, json!({"status": "QUEUED", "totalRequests": 5, "completedRequests": 0}));
    let _running = running(&app.background);
    let batch = completed(&app, &ticket).await;
    assert_eq!((&batch["totalRequests"], &batch["completedRequests"]), (&json!(5), &json!(5)));
    let codes =
        [("COMPLETED", 200), ("COMPLETED", 200), ("COMPLETED", 200), ("FAILED", 404), ("FAILED", 404)];
    assert_eq!(outcomes(&batch), told(&codes));
    let responses = &batch["responses"];
    assert_eq!(responses[0]["id"], "first");
    assert_eq!(responses[0]["httpStatusLine"], "OK");
    assert_eq!(responses[0]["httpBody"], app.get("/profile").await.json());
    assert_eq!((&responses[1]["id"], &responses[1]["httpBody"]["id"]), (&json!(""), &json!(1)));
    assert_eq!(responses[2]["httpBody"]["total"], 0);
    assert_eq!(responses[3]["httpStatusLine"], "Not Found");
    let error = json!({"errorMessage": "Customer #7 not found", "errorCode": "CUSTOMER_NOT_FOUND"});
    assert_eq!(responses[3]["httpBody"], error);

    let escaped = app.get(&format!("/batch?ticket={ticket}&escapedJson=true")).await.json();
    let response = &escaped["responses"][3];
    assert_eq!(serde_json::from_str::<Value>(response["escapedHttpBody"].as_str().unwrap()).unwrap(), error);
    assert!(response.get("httpBody").is_none());
    let wanted = "responseFields=status,responses(httpStatusCode,httpBody(errorCode))";
    let some = app.get(&format!("/batch?ticket={ticket}&{wanted}")).await.json();
    assert_eq!(some.as_object().unwrap().len(), 2);
    let error = json!({"httpBody": {"errorCode": "CUSTOMER_NOT_FOUND"}, "httpStatusCode": 404});
    assert_eq!(some["responses"][3], error);
    let event = app.engine.list_events(crate::support::store(STORE), None, 100).await.unwrap();
    assert!(matches!(event.last().unwrap().event.by, Actor::Token(_)), "{event:?}");
}

#[tokio::test]
async fn nothing_is_executed_behind_the_first_failure_unless_that_is_wanted() {
    let app = TestApp::start().await;
    let requests = json!([group("A"), group("A"), group("B")]);
    let stopped = send(&app, "", &requests).await;
    let goes_on = send(&app, "?stopOnFirstFailure=no", &requests).await;
    let _running = running(&app.background);
    let batch = completed(&app, &stopped).await;
    assert_eq!(outcomes(&batch), told(&[("COMPLETED", 200), ("FAILED", 409), ("NOT_EXECUTED", 0)]));
    assert_eq!((&batch["totalRequests"], &batch["completedRequests"]), (&json!(3), &json!(2)));
    let not_executed = &batch["responses"][2];
    assert_eq!(
        *not_executed,
        json!({"id": "B", "status": "NOT_EXECUTED", "httpBody": null, "httpStatusCode": 0, "httpStatusLine": ""})
    );
    let batch = completed(&app, &goes_on).await;
    assert_eq!(outcomes(&batch), told(&[("FAILED", 409), ("FAILED", 409), ("COMPLETED", 200)]));
}

#[tokio::test]
async fn batch_in_parallel_mode_does_each_request_once() {
    let app = TestApp::start().await;
    let requests: Vec<Value> = (0..300).map(|number| group(&format!("{number:03}"))).collect();
    let ticket = send(&app, "?allowParallelMode=true", &json!(requests)).await;
    let _running = running(&app.background);
    let batch = completed(&app, &ticket).await;
    assert!(outcomes(&batch).iter().all(|(status, _)| status == "COMPLETED"));
    let ids = |number: usize| batch["responses"][number]["id"].as_str().unwrap().to_owned();
    assert_eq!((ids(0), ids(299)), ("000".to_owned(), "299".to_owned()), "in the order of the requests");
    assert_eq!(groups(&app).await.len(), 300);
}

#[tokio::test]
async fn batch_in_parallel_mode_stops_at_a_failure_too() {
    let app = TestApp::start().await;
    let mut requests: Vec<Value> = (0..300).map(|number| group(&number.to_string())).collect();
    requests[40] = group("7");
    let ticket = send(&app, "?allowParallelMode=true", &json!(requests)).await;
    let _running = running(&app.background);
    let batch = completed(&app, &ticket).await;
    let count = |wanted: &str| outcomes(&batch).iter().filter(|(status, _)| status == wanted).count();
    assert_eq!(count("FAILED"), 1);
    assert!(count("NOT_EXECUTED") > 100, "{}", count("NOT_EXECUTED"));
    assert_eq!(groups(&app).await.len(), count("COMPLETED"));
}

#[tokio::test]
async fn runner_that_ends_at_any_moment_leaves_nothing_half_done() {
    let app = TestApp::start().await;
    let requests: Vec<Value> = (0..100).map(|number| group(&format!("{number:03}"))).collect();
    let ticket = send(&app, "", &json!(requests)).await;
    let mut rounds = 0;
    while look(&app, &ticket).await["status"] != "COMPLETED" {
        let running = running(&app.background);
        sleep(Duration::from_millis(7 * (rounds % 5 + 1))).await;
        drop(running);
        // Whoever comes next has to wait for the claim to end.
        app.clock.advance(10);
        rounds += 1;
    }
    assert!(rounds > 1, "it was never stopped");
    let batch = look(&app, &ticket).await;
    assert!(outcomes(&batch).iter().all(|(status, _)| status == "COMPLETED"), "{batch}");
    assert_eq!(groups(&app).await.len(), 100);
}

#[tokio::test]
async fn batch_that_is_sent_again_is_the_same_for_an_hour() {
    let app = TestApp::start().await;
    let query = "?deduplicationKey=0f8fad5b-d9cb-469f-a165-70867728950e";
    let requests = json!([group("A")]);
    let first = send(&app, query, &requests).await;
    app.clock.advance(3_599);
    assert_eq!(send(&app, query, &json!([group("B")])).await, first);
    app.clock.advance(1);
    assert_ne!(send(&app, query, &requests).await, first);
}

#[tokio::test]
async fn batches_are_listed_cancelled_and_deleted() {
    let app = TestApp::start().await;
    let one = send(&app, "?groupId=import%207", &json!([group("A")])).await;
    let two = send(&app, "?groupId=other", &json!([group("B")])).await;
    let listed = async |query: &str| {
        let answer = app.get(&format!("/batch?{query}")).await.json();
        let entry = |item: &Value| {
            format!("{} {}", item["ticket"].as_str().unwrap(), item["status"].as_str().unwrap())
        };
        answer["items"].as_array().unwrap().iter().map(entry).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, [format!("{one} QUEUED"), format!("{two} QUEUED")]);
    assert_eq!(listed("status=queued&offset=1&limit=1").await, [format!("{two} QUEUED")]);
    assert!(listed("status=COMPLETED").await.is_empty());
    let cancel = async |query: &str| app.post(&format!("/batch/cancel-group?{query}"), "").await;
    assert_eq!(cancel("groupId=import%207").await.json(), json!({"updateCount": 1}));
    assert_eq!(cancel("groupId=import%207").await.json(), json!({"updateCount": 0}));
    assert_eq!(cancel(&format!("groupId=nobody&ticketId={two}")).await.json(), json!({"updateCount": 0}));
    cancel("").await.error(400, "WRONG_PARAMETER");
    assert_eq!(outcomes(&look(&app, &one).await), told(&[("NOT_EXECUTED", 0)]));
    assert_eq!(listed("status=COMPLETED").await, [format!("{one} COMPLETED")]);

    let delete = async |ticket: &str| app.delete(&format!("/batch?ticketId={ticket}")).await;
    let (other, _) = app.create_token(STORE, TokenKind::Secret, ScopeSet::ALL).await;
    let path = format!("/api/v3/{STORE}/batch?ticketId={two}");
    let foreign = app.bare(Method::DELETE, &path).token(&other).send().await;
    assert_eq!(foreign.json(), json!({"deleteCount": 0}));
    assert_eq!(delete(&two).await.json(), json!({"deleteCount": 1}));
    assert_eq!(delete(&two).await.json(), json!({"deleteCount": 0}));
    app.get(&format!("/batch?ticket={two}")).await.error(404, "BATCH_NOT_FOUND");
    delete("7").await.error(400, "WRONG_PARAMETER");
    let _running = running(&app.background);
    let last = send(&app, "", &json!([group("C")])).await;
    completed(&app, &last).await;
    assert_eq!(groups(&app).await, ["C"]);
}

#[tokio::test]
async fn what_no_batch_can_be_is_refused() {
    let app = TestApp::start().await;
    let refused = async |query: &str, body: Value| {
        app.post(&format!("/batch{query}"), &body.to_string()).await.error(400, "WRONG_PARAMETER")
    };
    assert!(refused("", json!({})).await.starts_with("The body must be a JSON array of objects"));
    assert!(refused("", json!([])).await.ends_with("1 to 500 entries, it has 0"));
    assert!(refused("", json!(vec![group("A"); 501])).await.ends_with("it has 501"));
    let message = refused("", json!([group("A"), 7])).await;
    assert_eq!(message, "Wrong value '7' of parameter '[1]': it must be a JSON object");
    let message = refused("", json!([{"method": "GET"}])).await;
    assert_eq!(message, "Parameter '[0].path' is missing: it must be a path in the store");
    let message = refused("", json!([{"method": "PATCH", "path": "a"}])).await;
    assert!(message.contains("'PATCH' of parameter '[0].method'"), "{message}");
    let message = refused("", json!([{"method": "GET", "path": "a\u{0}"}])).await;
    assert!(message.ends_with("it must not contain U+0000"), "{message}");
    refused("?deduplicationKey=7", json!([group("A")])).await;
    refused("?stopOnFirstFailure=maybe", json!([group("A")])).await;
    app.get("/batch?ticket=7").await.error(400, "WRONG_PARAMETER");
    app.get("/batch?status=DONE").await.error(400, "WRONG_PARAMETER");

    let batch = json!([{"path": "/batch?", "method": "POST", "body": [group("A")]}, {"path": "%62atch", "method": "GET"}]);
    let ticket = send(&app, "?stopOnFirstFailure=off", &batch).await;
    let _running = running(&app.background);
    let batch = completed(&app, &ticket).await;
    let message = &batch["responses"][0]["httpBody"]["errorMessage"];
    assert_eq!(message, "A batch cannot have requests about batches");
    assert_eq!(outcomes(&batch)[0], ("FAILED".to_owned(), 400));
    assert_eq!(batch["responses"][1]["status"], "FAILED");
}

#[tokio::test]
async fn each_request_needs_its_own_scopes_and_a_token_that_is_there() {
    let app = TestApp::start().await;
    let (token, id) = app.create_token(STORE, TokenKind::Secret, "read_customers".parse().unwrap()).await;
    let path = format!("/api/v3/{STORE}/batch");
    let call = |method, path: &str| app.bare(method, path).token(&token);
    let requests = json!([group("A"), {"path": "customers", "method": "GET"}]).to_string();
    let sent =
        call(Method::POST, &format!("{path}?stopOnFirstFailure=false")).body(requests.clone()).send().await;
    let ticket = sent.json()["ticket"].as_str().unwrap().to_owned();
    app.get(&format!("/batch?ticket={ticket}")).await.error(404, "BATCH_NOT_FOUND");
    let running = running(&app.background);
    let batch = loop {
        let batch = call(Method::GET, &format!("{path}?ticket={ticket}")).send().await.json();
        if batch["status"] == "COMPLETED" {
            break batch;
        }
        sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(outcomes(&batch), told(&[("FAILED", 403), ("COMPLETED", 200)]));
    assert_eq!(batch["responses"][0]["httpBody"]["errorCode"], "INSUFFICIENT_APP_SCOPE");
    drop(running);

    // What a token has sent does not run once it is revoked.
    let waiting = call(Method::POST, &path).body(requests).send().await.json();
    app.revoke_token(id).await;
    app.clock.advance(10);
    let _running = crate::batches::running(&app.background);
    let store = crate::support::store(STORE);
    while app.engine.next_store_with(StoresWith::UnfinishedBatches, None).await.unwrap().is_some() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(app.engine.next_store_with(StoresWith::Batches, None).await.unwrap(), Some(store));
    assert!(waiting["ticket"].is_string() && groups(&app).await.is_empty());
}

#[tokio::test]
async fn batches_of_a_suspended_store_wait_until_it_is_resumed() {
    let app = TestApp::start().await;
    let ticket = send(&app, "", &json!([group("A")])).await;
    app.suspend_store(true).await;
    app.clock.advance(10);
    let _running = running(&app.background);
    app.get("/profile").await.error(402, "STORE_IS_SUSPENDED");
    app.suspend_store(false).await;
    app.clock.advance(10);
    assert_eq!(outcomes(&completed(&app, &ticket).await), told(&[("COMPLETED", 200)]));
}

#[tokio::test]
async fn a_batch_waits_where_its_token_has_no_requests_left() {
    let settings =
        ApiSettings { rate_limit: Some(limit(3, Duration::from_millis(300))), ..ApiSettings::default() };
    let app = TestApp::start_with(settings).await;
    let requests: Vec<Value> = (0..6).map(|number| group(&number.to_string())).collect();
    let ticket = send(&app, "", &json!(requests)).await;
    let _running = running(&app.background);
    let (other, _) = app.create_token(STORE, TokenKind::Secret, ScopeSet::ALL).await;
    let count = async || {
        let path = format!("/api/v3/{STORE}/customer_groups?limit=1000");
        let answer = app.bare(Method::GET, &path).token(&other).send().await;
        if answer.status == 200 { answer.json()["total"].as_u64().unwrap() - 1 } else { 0 }
    };
    while count().await < 6 {
        app.clock.pass(1);
        sleep(Duration::from_millis(20)).await;
    }
    assert!(!ticket.is_empty());
}

#[tokio::test]
async fn answer_that_is_too_large_for_a_batch_says_so() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let note = "n".repeat(5_000);
    for number in 0..250 {
        app.create_contact(
            &customer,
            &json!({"type": "PHONE", "contact": number.to_string(), "note": note}).to_string(),
        )
        .await;
    }
    let requests = json!([
        {"path": format!("{customer}/contacts"), "method": "GET"},
        {"path": format!("{customer}/contacts?responseFields=total,count"), "method": "GET"},
        {"path": "customers?responseFields=items(contacts(note))", "method": "GET"},
        {"path": format!("{customer}?responseFields=contacts(note,contact)"), "method": "GET"},
    ]);
    let ticket = send(&app, "?stopOnFirstFailure=false", &requests).await;
    let _running = running(&app.background);
    let batch = completed(&app, &ticket).await;
    let (failed, done) = (("FAILED", 413), ("COMPLETED", 200));
    assert_eq!(outcomes(&batch), told(&[failed, done, failed, failed]));
    assert_eq!(batch["responses"][0]["httpBody"]["errorCode"], "ANSWER_TOO_LARGE");
}

#[tokio::test]
async fn request_that_fails_with_5xx_is_tried_again_five_times_three_seconds_apart() {
    for (failures, outcome, there) in
        [(6, ("FAILED", 503), false), (5, ("COMPLETED", 200), true), (2, ("COMPLETED", 200), true)]
    {
        let app = TestApp::start().await;
        let (left, tries) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let flaky =
            Flaky { engine: app.engine.clone(), failures: Arc::clone(&left), tries: Arc::clone(&tries) };
        let settings = ApiSettings { rate_limit: None, ..ApiSettings::default() };
        let flaky = api(flaky, settings, Arc::clone(&app.clock) as Arc<dyn Clock>);
        let path = format!("/api/v3/{STORE}/batch");
        let call = |method, path: &str| Call::new(&flaky.router, method, path).token(&app.token);
        let requests = json!([group("A")]).to_string();
        let sent = call(Method::POST, &path).body(requests).send().await.json();
        left.store(failures, Ordering::SeqCst);
        // Even tries do nothing, odd ones are done and nobody is told.
        tries.store(u32::from(there), Ordering::SeqCst);
        let before = tries.load(Ordering::SeqCst);
        let _running = running(&flaky.background);
        let path = format!("{path}?ticket={}", sent["ticket"].as_str().unwrap());
        let come_to = async |count: u32| {
            while tries.load(Ordering::SeqCst) - before < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let mut batch = call(Method::GET, &path).send().await.json();
        for number in 1..=5 {
            come_to(number).await;
            if number > failures {
                break;
            }
            while !app.clock.is_awaited_in(3) {
                sleep(Duration::from_millis(5)).await;
            }
            app.clock.pass(2);
            tokio::task::yield_now().await;
            assert!(tries.load(Ordering::SeqCst) - before <= number, "it was tried too soon");
            app.clock.pass(1);
        }
        while batch["status"] != "COMPLETED" {
            sleep(Duration::from_millis(5)).await;
            batch = call(Method::GET, &path).send().await.json();
        }
        if there {
            assert_eq!(outcomes(&batch), told(&[outcome]));
        }
        // Whatever the batch says of it, it is so.
        let done = outcomes(&batch)[0].1 == 200;
        assert_eq!(groups(&app).await.len(), usize::from(done), "{batch}");
        assert_eq!(tries.load(Ordering::SeqCst) - before, (failures + 1).min(6));
    }
}
