//! Sending to receivers on raw sockets: what goes over the wire, and what is made of what comes back.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use shopfolk_hooks::{
    Answer, KEPT_OF_AN_ANSWER, ReceiverUrl, Resolver, SendFailure, Sender, SenderLimits, SystemResolver,
    UnreachableReceiver, WebhookRequest,
};
use shopfolk_model::{AddressPolicy, RefusedAddress, Timestamp};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn sender(policy: AddressPolicy, resolver: impl Resolver, limits: SenderLimits) -> Sender {
    Sender::new(policy, Arc::new(resolver), RootCertStore::empty(), limits).unwrap()
}

fn private() -> Sender {
    sender(AddressPolicy::PrivateToo, SystemResolver, SenderLimits::default())
}

fn webhook(url: &str) -> WebhookRequest {
    let headers = [
        ("Content-Type", "application/json; charset=UTF-8"),
        ("Cache-Control", "no-cache"),
        ("X-Ecwid-Webhook-Signature", "c2lnbmF0dXJl"),
        ("webhook-id", "3d1ba4d5-4c6c-4c1b-9c3f-6cd8ee1f3f37"),
        ("X-API-Key", "of the app"),
        ("Cache-Control", "of the app"),
    ];
    WebhookRequest {
        url: ReceiverUrl::new(url, AddressPolicy::PrivateToo).unwrap().with_event_type("customer.created"),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: "{\"eventId\":1}".to_owned(),
    }
}

/// Reads one request to the end of its body.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\"eventId\":1}") {
        let mut part = [0; 1024];
        let count = stream.read(&mut part).await.unwrap();
        if count == 0 {
            break;
        }
        read.extend_from_slice(&part[..count]);
    }
    String::from_utf8(read).unwrap()
}

/// A receiver that gives each connection these answers, one after the other, and closes it.
async fn receiver(
    answers: &'static [&'static str],
) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?a=1", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            for answer in answers {
                let request = read_request(&mut stream).await;
                if request.is_empty() {
                    break;
                }
                tell.send(request).unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (url, told)
}

#[tokio::test]
async fn a_request_has_the_bytes_of_the_contract() {
    let (url, mut told) = receiver(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"]).await;
    let answer = private().send(&webhook(&url)).await.unwrap();
    assert!(answer.is_delivered());
    assert_eq!((answer.status, &answer.body[..]), (200, &b"OK"[..]));
    let request = told.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("POST /hook?a=1&eventtype=customer.created HTTP/1.1"));
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut headers: Vec<&str> = lines.collect();
    headers.sort_unstable();
    let mut expected = vec![
        "Cache-Control: no-cache",
        "Cache-Control: of the app",
        "Content-Length: 13",
        "Content-Type: application/json; charset=UTF-8",
    ];
    let host = format!("Host: {host}");
    expected.extend([&*host, "X-API-Key: of the app", "X-Ecwid-Webhook-Signature: c2lnbmF0dXJl"]);
    expected.push("webhook-id: 3d1ba4d5-4c6c-4c1b-9c3f-6cd8ee1f3f37");
    assert_eq!(headers, expected);
    assert_eq!(body, "{\"eventId\":1}");
}

async fn answer_to(answers: &'static [&'static str]) -> Result<Answer, SendFailure> {
    let (url, _told) = receiver(answers).await;
    private().send(&webhook(&url)).await
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let (other, mut asked) = receiver(&["HTTP/1.1 200 OK\r\n\r\n"]).await;
    let redirect =
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n");
    let (url, _told) = receiver(vec![&*redirect.leak()].leak()).await;
    let answer = private().send(&webhook(&url)).await.unwrap();
    assert_eq!((answer.status, answer.is_delivered()), (307, false));
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn the_first_four_kilobytes_of_an_answer_are_kept() {
    let long = format!("HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(50_000));
    let answer = answer_to(vec![&*long.leak()].leak()).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (500, KEPT_OF_AN_ANSWER));
    let cut_off = answer_to(&["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]).await.unwrap();
    assert_eq!((cut_off.is_delivered(), &cut_off.body[..]), (true, &b"abc"[..]));
    let chunked = answer_to(&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"])
        .await
        .unwrap();
    assert_eq!(&chunked.body[..], b"abc");
}

#[tokio::test]
async fn a_receiver_may_ask_to_be_left_alone() {
    // Fri, 31 Dec 1999 23:58:59 GMT
    let now = Timestamp::from_unix_seconds(946_684_739).unwrap();
    let cases = [
        ("120", Some(Duration::from_mins(2))),
        ("Fri, 31 Dec 1999 23:59:59 GMT", Some(Duration::from_mins(1))),
        ("Friday, 31-Dec-99 23:59:59 GMT", Some(Duration::from_mins(1))),
        ("Fri Dec 31 23:59:59 1999", Some(Duration::from_mins(1))),
        ("Fri, 31 Dec 1999 23:00:00 GMT", Some(Duration::ZERO)),
        ("Thu, 01 Jan 1903 00:00:00 GMT", None),
        ("soon", None),
        ("-1", None),
    ];
    for (text, wait) in cases {
        let answer = format!("HTTP/1.1 503 No\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(answer_to(vec![&*answer.leak()].leak()).await.unwrap().retry_after(now), wait, "{text}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure() {
    for text in ["", "no HTTP at all\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"]
    {
        let outcome = answer_to(vec![text].leak()).await;
        assert!(matches!(outcome, Err(SendFailure::Broken(_))), "{text:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_unused_connection_is_used_again_and_a_closed_one_is_made_anew() {
    const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            // Three answers, and then the fourth request meets a closed door.
            for _ in 0..3 {
                read_request(&mut stream).await;
                stream.write_all(OK.as_bytes()).await.unwrap();
            }
            read_request(&mut stream).await;
        }
    });
    let sender = private();
    for _ in 0..7 {
        assert_eq!(sender.send(&webhook(&url)).await.unwrap().status, 204);
    }
    assert_eq!(connections.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_says_nothing_has_ten_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let began = tokio::time::Instant::now();
    let outcome = private().send(&webhook(&url)).await;
    assert!(matches!(outcome, Err(SendFailure::AnswerTimeout(_))), "{outcome:?}");
    assert_eq!(began.elapsed().as_secs(), 10);
}

/// Says of every name what it was told, one after the other.
struct Changing(AtomicUsize, &'static [&'static [&'static str]]);

impl Resolver for Changing {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        let asked = self.0.fetch_add(1, Ordering::Relaxed);
        let addresses = self.1[asked].iter().map(|text| text.parse().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_all_that_it_stands_for_is_looked_at() {
    let limits = SenderLimits { connect: Duration::from_millis(50), ..SenderLimits::default() };
    let answers: &[&[&str]] =
        &[&["127.0.0.1"], &["198.18.0.1", "8.8.8.8"], &["8.8.8.8", "::1"], &[], &["fe80::1"]];
    let sender = sender(AddressPolicy::PublicOnly, Changing(AtomicUsize::new(0), answers), limits);
    for expected in [RefusedAddress::Loopback, RefusedAddress::NoMachine, RefusedAddress::Loopback] {
        match sender.send(&webhook("http://rebinding.example/")).await {
            Err(SendFailure::Unreachable(UnreachableReceiver::Refused { reason, .. })) => {
                assert_eq!(reason, expected);
            }
            other => panic!("{other:?}"),
        }
    }
    let nothing = sender.send(&webhook("http://rebinding.example/")).await;
    assert!(matches!(nothing, Err(SendFailure::Unreachable(UnreachableReceiver::UnknownName { .. }))));
    let refused = sender.send(&webhook("http://rebinding.example/")).await;
    assert!(matches!(refused, Err(SendFailure::Unreachable(UnreachableReceiver::Refused { .. }))));
}

#[tokio::test]
async fn localhost_is_refused_at_the_address_that_it_stands_for() {
    let sender = sender(AddressPolicy::PublicOnly, SystemResolver, SenderLimits::default());
    let outcome = sender.send(&webhook("http://localhost:8080/")).await;
    assert!(
        matches!(outcome, Err(SendFailure::Unreachable(UnreachableReceiver::Refused { .. }))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn https_goes_to_whom_the_certificate_names_and_to_nobody_else() {
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], secret)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                serve_one(&mut stream).await;
            }
        }
    });
    let mut trusted = RootCertStore::empty();
    trusted.add(key.cert.der().clone()).unwrap();
    let limits = SenderLimits::default();
    let trusting = |trusted| Sender::new(AddressPolicy::PrivateToo, Arc::new(Ipv4), trusted, limits).unwrap();
    let url = |host: &str| webhook(&format!("https://{host}:{port}/"));
    assert_eq!(trusting(trusted.clone()).send(&url("localhost")).await.unwrap().status, 200);
    for (sender, host) in
        [(trusting(trusted), "other.example"), (trusting(RootCertStore::empty()), "localhost")]
    {
        let outcome = sender.send(&url(host)).await;
        assert!(
            matches!(outcome, Err(SendFailure::Unreachable(UnreachableReceiver::NoTls(_)))),
            "{outcome:?}"
        );
    }
}

async fn serve_one(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    read_request(stream).await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
}

/// Every name is this machine.
struct Ipv4;

impl Resolver for Ipv4 {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })
    }
}
