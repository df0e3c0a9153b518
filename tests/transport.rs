//! How requests may travel: HTTP/1.1 with connections that are kept, and HTTP/2 begun without a question.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::io::Read;
use std::net::TcpStream as TcpConnection;
use std::task::Poll;

use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use harness::raw::RawAnswer;
use harness::{PATIENCE, RawConnection, Server, Shop, contacts, create_customer, eventually, list_contacts};

fn create(shop: &Shop, customer: u64, text: &str) -> String {
    let body = json!({ "type": "PHONE", "contact": text }).to_string();
    format!(
        "POST {} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        contacts(customer),
        shop.token,
        body.len()
    )
}

fn list(shop: &Shop, customer: u64, more_headers: &str) -> String {
    format!(
        "GET {} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\n{more_headers}\r\n",
        contacts(customer),
        shop.token
    )
}

fn shop_with_customer() -> (Shop, Server, u64) {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let customer = create_customer(&shop.client(&server), "anna@example.com");
    (shop, server, customer)
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    for number in 0..50 {
        connection.send(create(&shop, customer, &number.to_string()).as_bytes()).unwrap();
        let answer = connection.answer();
        assert_eq!((answer.status, &answer.json()["createCount"]), (200, &json!(1)));
        connection.send(list(&shop, customer, "").as_bytes()).unwrap();
        assert_eq!(connection.answer().json()["items"].as_array().unwrap().len(), 2 + number);
    }
}

#[test]
fn requests_sent_ahead_are_answered_in_order() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    let requests: String = (0..20).map(|number| create(&shop, customer, &number.to_string())).collect();
    connection.send(requests.as_bytes()).unwrap();
    for number in 0..20 {
        let answer = connection.answer().json();
        assert_eq!(answer["contact"], number.to_string());
        assert_eq!(answer["orderBy"], number + 1);
    }
}

#[test]
fn a_request_may_arrive_byte_by_byte() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    for byte in create(&shop, customer, "1").as_bytes() {
        connection.send(&[*byte]).unwrap();
    }
    assert_eq!(connection.answer().status, 200);
}

#[test]
fn a_connection_that_is_to_be_closed_is_closed() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    connection.send(list(&shop, customer, "Connection: close\r\n").as_bytes()).unwrap();
    assert_eq!(connection.answer().status, 200);
    connection.wait_until_closed(PATIENCE);
}

#[test]
fn answers_are_compressed_for_who_asks_for_it() {
    let (shop, server, customer) = shop_with_customer();
    let client = shop.client(&server);
    for number in 0..100 {
        let body = json!({ "type": "PHONE", "contact": number.to_string(), "note": "call after noon" });
        assert_eq!(client.post(&contacts(customer), &body).unwrap().status, 200);
    }
    let mut connection = RawConnection::open(server.address);
    connection.send(list(&shop, customer, "").as_bytes()).unwrap();
    let plain = connection.answer();
    assert_eq!(plain.header("content-encoding"), None);

    connection.send(list(&shop, customer, "Accept-Encoding: gzip\r\n").as_bytes()).unwrap();
    let compressed = connection.answer();
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert!(compressed.body.len() * 4 < plain.body.len());
    let mut body = Vec::new();
    GzDecoder::new(compressed.body.as_slice()).read_to_end(&mut body).unwrap();
    assert_eq!(body, plain.body);
}

#[test]
fn what_is_no_http_gets_a_400_and_harms_nobody() {
    let (shop, server, customer) = shop_with_customer();
    for nonsense in ["\r\n\r\nHELLO\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET\0/ HTTP/1.1\r\n\r\n"] {
        let mut connection = RawConnection::open(server.address);
        connection.send(nonsense.as_bytes()).unwrap();
        is_error(&connection.answer(), 400, "WRONG_PARAMETER");
        connection.wait_until_closed(PATIENCE);
    }
    assert_eq!(list_contacts(&shop.client(&server), customer).len(), 1);
}

/// The answer is an error like every other, with an id that its log line has.
fn is_error(answer: &RawAnswer, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.json()["errorCode"]), (status, &json!(code)), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{answer:?}");
}

#[test]
fn a_head_that_cannot_be_read_is_answered_behind_answers_to_others() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    let requests = format!("{}GET\0/ HTTP/1.1\r\n\r\n", list(&shop, customer, ""));
    connection.send(requests.as_bytes()).unwrap();
    assert_eq!(connection.answer().status, 200);
    is_error(&connection.answer(), 400, "WRONG_PARAMETER");
    connection.wait_until_closed(PATIENCE);
}

#[test]
fn a_request_for_no_host_or_two_is_refused_and_the_connection_goes_on() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    for hosts in ["", "Host: shop\r\nHost: shop\r\n"] {
        connection.send(format!("GET /healthz HTTP/1.1\r\n{hosts}\r\n").as_bytes()).unwrap();
        is_error(&connection.answer(), 400, "WRONG_PARAMETER");
    }
    connection.send(list(&shop, customer, "").as_bytes()).unwrap();
    assert_eq!(connection.answer().status, 200);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let (_shop, server, _customer) = shop_with_customer();
    for (what, head) in [
        ("one long header", format!("X-Long: {}\r\n", "x".repeat(100_000))),
        ("many headers", "X-Many: x\r\n".repeat(200)),
    ] {
        let mut connection = RawConnection::open(server.address);
        // The server may have answered and closed before all of it is sent.
        let _ = connection.send(format!("GET /healthz HTTP/1.1\r\nHost: shop\r\n{head}\r\n").as_bytes());
        let answer = connection.answer();
        assert_eq!(answer.status, 431, "{what}");
        is_error(&answer, 431, "REQUEST_TOO_LARGE");
    }
    let mut connection = RawConnection::open(server.address);
    let address = "x".repeat(65_530);
    let _ = connection.send(format!("GET /{address} HTTP/1.1\r\nHost: shop\r\n\r\n").as_bytes());
    let answer = connection.answer();
    let status = answer.status;
    assert!([414, 431].contains(&status), "{answer:?}");
    is_error(&answer, status, "REQUEST_TOO_LARGE");
}

/// Opens a connection that begins with HTTP/2, and answers with its end, too.
async fn open_http_2(server: &Server) -> (SendRequest<Full<Bytes>>, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(connection))
}

#[test]
fn a_request_refused_before_its_body_was_read_gets_its_answer_and_the_connection_goes_on() {
    let (shop, server, customer) = shop_with_customer();
    let body = "x".repeat(1_000_000);
    for (what, path, token, length, status) in [
        ("wrong token", contacts(customer), "wrong", "Content-Length: 1000000\r\n", 403),
        ("no such path", "/nothing".to_owned(), shop.token.as_str(), "Content-Length: 1000000\r\n", 404),
        ("in chunks", contacts(customer), "wrong", "Transfer-Encoding: chunked\r\n", 403),
    ] {
        let mut connection = RawConnection::open(server.address);
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\n{length}\r\n");
        connection.send(head.as_bytes()).unwrap();
        let answer = connection.answer();
        assert_eq!(answer.status, status, "{what}");
        if length.starts_with("Transfer") {
            connection.send(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes()).expect(what);
        } else {
            connection.send(body.as_bytes()).expect(what);
        }
        connection.send(list(&shop, customer, "").as_bytes()).expect(what);
        assert_eq!(connection.answer().status, 200, "{what}");
    }
}

#[test]
fn a_body_far_too_large_is_refused_and_not_read() {
    let (shop, server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Length: 1000000000\r\n\r\n",
        contacts(customer),
        shop.token
    );
    connection.send(head.as_bytes()).unwrap();
    assert_eq!(connection.answer().status, 413);
    connection.wait_until_closed(PATIENCE);
}

#[test]
fn a_connection_kept_open_brings_its_last_request_while_the_server_stops() {
    let (shop, mut server, customer) = shop_with_customer();
    let mut connection = RawConnection::open(server.address);
    connection.send(list(&shop, customer, "").as_bytes()).unwrap();
    assert_eq!(connection.answer().header("connection"), None);
    server.terminate();
    eventually("nobody else is let in", PATIENCE, || TcpConnection::connect(server.address).err());
    connection.send(create(&shop, customer, "1").as_bytes()).unwrap();
    let answer = connection.answer();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    connection.wait_until_closed(PATIENCE);
    assert!(server.wait(PATIENCE).success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_2_connection_ends_in_order_when_the_server_stops() {
    let (_shop, mut server, _customer) = tokio::task::spawn_blocking(shop_with_customer).await.unwrap();
    let (mut sender, ended) = open_http_2(&server).await;
    let request = Request::get(format!("http://{}/healthz", server.address)).body(Full::default()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    server.terminate();
    assert!(ended.await.unwrap().is_ok(), "it ends with a farewell, not in the middle");
    let within = std::time::Duration::from_secs(5);
    assert!(tokio::task::spawn_blocking(move || server.wait(within)).await.unwrap().success());
}

/// A stream that is reset, even without an error, loses its answer in clients that are still sending.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_2_request_refused_before_its_body_was_read_is_not_reset() {
    let (shop, server, customer) = tokio::task::spawn_blocking(shop_with_customer).await.unwrap();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = |length: usize| {
        Request::post(format!("http://{}{}", server.address, contacts(customer)))
            .header("Authorization", format!("Bearer {}", shop.token))
            .header("Content-Type", "text/plain")
            .header("Content-Length", length)
            .body(())
            .unwrap()
    };
    let (answer, mut body) = client.send_request(request(100), false).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 415);
    let mut text = answer.into_body();
    while let Some(data) = text.data().await {
        data.unwrap();
    }
    // What was said on the first stream before this answer has come by then.
    let (other, _) = client.send_request(request(0), true).unwrap();
    assert_eq!(other.await.unwrap().status(), 415);
    assert!(std::future::poll_fn(|context| Poll::Ready(body.poll_reset(context))).await.is_pending());
    body.send_data(Bytes::from(vec![b'x'; 100]), true).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_carries_many_requests_at_once() {
    let (shop, server, customer) = tokio::task::spawn_blocking(shop_with_customer).await.unwrap();
    let (sender, _ended) = open_http_2(&server).await;

    let requests = (0..100).map(|number| {
        let body = json!({ "type": "PHONE", "contact": number.to_string() }).to_string();
        let request = Request::post(format!("http://{}{}", server.address, contacts(customer)))
            .header("Authorization", format!("Bearer {}", shop.token))
            .header("Content-Type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let mut sender = sender.clone();
        tokio::spawn(async move {
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 200));
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["contact"], number.to_string());
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    let client = shop.client(&server);
    let contacts = tokio::task::spawn_blocking(move || list_contacts(&client, customer)).await.unwrap();
    assert_eq!(contacts.len(), 101);
}
