//! HTTPS: as whom the server speaks, another certificate while it runs, and what goes wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::fs;
use std::fs::Permissions;
use std::net::{IpAddr, TcpStream as TcpConnection};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http2::handshake;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustix::process::Signal;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use harness::tls::{CertificateFiles, Encrypted};
use harness::{Authority, Outcome, PATIENCE, Program, RawConnection, Server, Shop, Trust, eventually};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n";

fn assert_served<S: std::io::Read + std::io::Write>(connection: &mut RawConnection<S>) {
    connection.send(HEALTH).unwrap();
    assert_eq!(connection.answer().status, 200);
}

/// A shop, an authority, and the files of a certificate by it.
fn shop_with_certificate() -> (Shop, Authority, CertificateFiles) {
    let shop = Shop::new();
    let authority = Authority::new();
    let files = authority.write(&shop.program.directory(), "server");
    (shop, authority, files)
}

/// What a server has said that the test waits for.
fn wait_until_said(server: &Server, text: &str) {
    eventually(text, PATIENCE, || server.said().contains(text).then_some(()));
}

/// The file that clients have to trust, from what the server says first.
fn printed_authority(server: &Server) -> PathBuf {
    eventually("the certificate's path is printed", PATIENCE, || {
        let said = server.said();
        let (_, rest) = said.split_once("have to trust ")?;
        Some(PathBuf::from(rest.lines().next()?))
    })
}

#[test]
fn http_1_1_is_served_to_who_trusts_the_authority_and_refused_by_others() {
    let (shop, authority, files) = shop_with_certificate();
    let server = shop.serve(&files.options());
    assert!(server.said().contains("https://127.0.0.1:"), "{}", server.said());
    let mut connection = authority.trust().connect(server.address).unwrap();
    for _ in 0..20 {
        let request = format!(
            "GET /api/v3/{}/profile HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\n\r\n",
            harness::STORE,
            shop.token
        );
        connection.send(request.as_bytes()).unwrap();
        let answer = connection.answer();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let error = Authority::new().trust().connect(server.address).err().unwrap();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    let other: ServerName = ServerName::try_from("other.example").unwrap();
    assert!(authority.trust().connect_as(server.address, other).is_err(), "it is for another name");
    assert_served(&mut connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_agreed_on_and_ends_in_order_when_the_server_stops() {
    let start = || {
        let (shop, authority, files) = shop_with_certificate();
        let server = shop.serve(&files.options());
        (shop, authority, server)
    };
    let (_shop, authority, mut server) = tokio::task::spawn_blocking(start).await.unwrap();
    let connector = TlsConnector::from(authority.trust().config(&["h2", "http/1.1"]));
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::from(IpAddr::from([127, 0, 0, 1]));
    let stream = connector.connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let ended = tokio::spawn(connection);
    let requests = (0..100).map(|_| {
        let mut sender = sender.clone();
        let url = format!("https://{}/openapi.json", server.address);
        tokio::spawn(async move {
            let request = Request::get(url).body(Empty::<Bytes>::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 200));
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            serde_json::from_slice::<Value>(&body).unwrap();
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    server.terminate();
    assert!(ended.await.unwrap().is_ok(), "it ends with a farewell, not in the middle");
    assert!(tokio::task::spawn_blocking(move || server.wait(PATIENCE)).await.unwrap().success());
}

#[test]
fn a_certificate_of_its_own_making_is_trusted_by_its_printed_path_and_kept() {
    let shop = Shop::new();
    let server = shop.serve(&["--tls-self-signed"]);
    let authority = printed_authority(&server);
    assert!(authority.is_absolute(), "{authority:?}");
    let trust = Trust::file(&authority);
    for name in ["127.0.0.1", "::1", "localhost"] {
        let mut connection = trust.connect_as(server.address, name.try_into().unwrap()).expect(name);
        assert_served(&mut connection);
    }
    let secret = authority.with_file_name("server.pem");
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(shop.program.database().with_file_name("shop.db-tls"), authority.parent().unwrap());
    server.signal(Signal::HUP);
    wait_until_said(&server, "SIGHUP has no files to read again");
    assert_served(&mut trust.connect(server.address).unwrap());
    server.stop();

    let server = shop.serve(&["--tls-self-signed", "--log", "json"]);
    let said = eventually("it listens", PATIENCE, || {
        let said = server.said();
        said.lines().find(|line| line.contains("\"listening\"")).map(str::to_owned)
    });
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["tls_authority"].as_str().map(Path::new), Some(authority.as_path()));
    assert_eq!(said["url"], format!("https://{}", server.address));
    assert_served(&mut trust.connect(server.address).expect("it is the same certificate"));
}

#[test]
fn the_demo_shows_a_command_that_trusts_its_certificate() {
    let program = Program::new();
    let mut demo = program.bare();
    demo.args(["serve", "--demo", "--tls-self-signed", "--listen", "127.0.0.1:0"]);
    let server = Server::start_command(demo.env("TMPDIR", program.directory()));
    wait_until_said(&server, "-d '{");
    let authority = printed_authority(&server);
    let said = server.said();
    assert!(said.contains(&format!("curl -X POST 'https://{}/api/", server.address)), "{said}");
    assert!(said.contains(&format!("--cacert '{}'", authority.display())), "{said}");
    assert_served(&mut Trust::file(&authority).connect(server.address).unwrap());
    server.stop();
    assert_eq!(fs::read_dir(program.directory()).unwrap().count(), 0, "it is gone with the demo");
}

#[test]
fn after_sighup_new_connections_get_the_new_certificate_and_old_ones_go_on() {
    let (shop, before, files) = shop_with_certificate();
    let server = shop.serve(&files.options());
    let mut old = before.trust().connect(server.address).unwrap();
    assert_served(&mut old);
    let after = Authority::new();
    after.write(&shop.program.directory(), "server");
    before.trust().connect(server.address).expect("nobody has asked to read the files yet");
    server.signal(Signal::HUP);
    wait_until_said(&server, "new connections get the certificate that was read now");
    assert_served(&mut after.trust().connect(server.address).unwrap());
    assert!(before.trust().connect(server.address).is_err());
    assert_served(&mut old);
}

#[test]
fn broken_files_change_nothing_on_sighup() {
    let (shop, authority, files) = shop_with_certificate();
    let server = shop.serve(&files.options());
    let good = fs::read_to_string(&files.key).unwrap();
    let other = Authority::new().write(&shop.program.directory(), "other");
    let other = fs::read_to_string(other.key).unwrap();
    for (key, said) in [
        ("", "there is no private key in"),
        (other.as_str(), "does not belong to the certificate in"),
        ("-----BEGIN PRIVATE KEY-----\nhunter2\n", "is broken"),
    ] {
        fs::write(&files.key, key).unwrap();
        server.signal(Signal::HUP);
        wait_until_said(&server, said);
        assert_served(&mut authority.trust().connect(server.address).unwrap());
    }
    fs::remove_file(&files.certificate).unwrap();
    server.signal(Signal::HUP);
    wait_until_said(&server, "cannot read the certificate in");
    assert_served(&mut authority.trust().connect(server.address).unwrap());
    let said = server.said();
    assert!(said.contains(files.certificate.to_str().unwrap()), "{said}");
    assert!(said.contains(files.key.to_str().unwrap()), "{said}");
    let secret = good.lines().nth(1).unwrap();
    assert!(!said.contains(secret) && !said.contains("hunter2"), "{said}");
}

#[test]
fn without_certificate_files_sighup_says_so_and_harms_nobody() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let mut connection = RawConnection::open(server.address);
    server.signal(Signal::HUP);
    wait_until_said(&server, "SIGHUP has no files to read again");
    assert_served(&mut connection);
    server.stop();
}

#[test]
fn when_its_terminal_is_closed_a_server_stops() {
    let terminal =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::CLOEXEC).unwrap();
    rustix::pty::grantpt(&terminal).unwrap();
    rustix::pty::unlockpt(&terminal).unwrap();
    let name = rustix::pty::ptsname(&terminal, Vec::new()).unwrap();
    let end = fs::OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let shop = Shop::new();
    let mut command = shop.program.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Server::start_command(command.stdin(Stdio::from(end)));
    drop(command);
    server.signal(Signal::HUP);
    wait_until_said(&server, "SIGHUP has no files to read again");
    drop(terminal);
    server.signal(Signal::HUP);
    assert!(server.wait(PATIENCE).success());
}

#[test]
fn what_is_wrong_with_the_files_is_said_at_the_start() {
    let (shop, _authority, good) = shop_with_certificate();
    let directory = shop.program.directory();
    let other = Authority::new().write(&directory, "other");
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let empty = file("empty.pem", "");
    let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\nhunter2!\n-----END CERTIFICATE-----\n");
    let nonsense = file("nonsense.pem", "-----BEGIN CERTIFICATE-----\nMTIzNA==\n-----END CERTIFICATE-----\n");
    let broken_key = file("broken.key", "-----BEGIN PRIVATE KEY-----\nhunter2!\n-----END PRIVATE KEY-----\n");
    let wrong_key = file("wrong.key", "-----BEGIN PRIVATE KEY-----\nMTIzNA==\n-----END PRIVATE KEY-----\n");
    let locked = file(
        "locked.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMTIzNA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let missing = directory.join("missing.pem");
    for (certificate, key, named, said) in [
        (&missing, &good.key, &missing, "No such file or directory"),
        (&good.certificate, &missing, &missing, "--tls-key"),
        (&directory, &good.key, &directory, "cannot read the certificate"),
        (&empty, &good.key, &empty, "there is no certificate in"),
        (&good.key, &good.key, &good.key, "BEGIN CERTIFICATE"),
        (&broken, &good.key, &broken, "is no PEM"),
        (&nonsense, &good.key, &nonsense, "the certificate in"),
        (&good.certificate, &empty, &empty, "there is no private key in"),
        (&good.certificate, &good.certificate, &good.certificate, "BEGIN PRIVATE KEY"),
        (&good.certificate, &broken_key, &broken_key, "is no PEM"),
        (&good.certificate, &wrong_key, &wrong_key, "RSA, ECDSA"),
        (&good.certificate, &locked, &locked, "openssl pkey -in"),
        (&good.certificate, &other.key, &other.key, "does not belong to the certificate in"),
        (&other.certificate, &good.key, &other.certificate, "has to be the first in its file"),
    ] {
        let files = CertificateFiles { certificate: certificate.clone(), key: key.clone() };
        let arguments = [&["serve", "--listen", "127.0.0.1:0"][..], &files.options()].concat();
        let line = shop.program.run(&arguments).failed(1);
        assert!(line.contains(said) && line.contains(named.to_str().unwrap()), "{arguments:?}: {line}");
        assert!(!line.contains("hunter2") && !line.contains("MTIz"), "{line}");
    }
    let certificate = good.certificate.to_str().unwrap();
    for (arguments, said) in [
        (&["--tls-cert", certificate][..], "--tls-key"),
        (&["--tls-key", certificate], "--tls-cert"),
        (&["--tls-self-signed", "--tls-cert", certificate, "--tls-key", certificate], "choose one"),
    ] {
        let line = shop.program.run(&[&["serve"], arguments].concat()).failed(2);
        assert!(line.contains(said), "{arguments:?}: {line}");
    }
}

#[test]
fn a_key_that_may_not_be_read_is_named() {
    let (shop, _authority, files) = shop_with_certificate();
    fs::set_permissions(&files.key, Permissions::from_mode(0o0)).unwrap();
    if fs::read(&files.key).is_ok() {
        // This user may read everything.
        return;
    }
    let line = shop.program.run(&[&["serve"][..], &files.options()].concat()).failed(1);
    assert!(line.contains("let the user that Shopfolk runs as read it"), "{line}");
}

#[test]
fn options_come_from_the_environment_and_a_no_is_no_contradiction() {
    let (shop, authority, files) = shop_with_certificate();
    let mut command = shop.program.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("SHOPFOLK_TLS_CERT", &files.certificate).env("SHOPFOLK_TLS_KEY", &files.key);
    let server = Server::start_command(command.env("SHOPFOLK_TLS_SELF_SIGNED", "no"));
    assert_served(&mut authority.trust().connect(server.address).unwrap());
}

#[test]
fn who_speaks_plain_http_is_told_to_use_https() {
    let (shop, authority, files) = shop_with_certificate();
    let server = shop.serve(&files.options());
    for request in [HEALTH, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut connection = RawConnection::open(server.address);
        connection.send(request).unwrap();
        let answer = connection.answer();
        assert_eq!((answer.status, &answer.json()["errorCode"]), (400, &json!("WRONG_PARAMETER")));
        assert!(answer.json()["errorMessage"].as_str().unwrap().contains("https"));
        assert!(answer.header("x-request-id").is_some());
        connection.wait_until_closed(PATIENCE);
    }
    assert_served(&mut authority.trust().connect(server.address).unwrap());
}

#[test]
fn handshakes_that_fail_drip_or_never_begin_disturb_nobody() {
    let (shop, authority, files) = shop_with_certificate();
    let server = shop.serve(&files.options());
    let mut connection = authority.trust().connect(server.address).unwrap();
    let mut silent: Vec<_> = (0..50).map(|_| RawConnection::open(server.address)).collect();
    let mut dripping: Vec<_> = (0..50).map(|_| RawConnection::open(server.address)).collect();
    // The head of a long record, of which a byte comes now and then.
    for connection in &mut dripping {
        connection.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).unwrap();
    }
    let mut nonsense = RawConnection::open(server.address);
    nonsense.send(&[0x16; 100]).unwrap();
    eventually("all of them are cut", PATIENCE, || {
        dripping.retain_mut(|connection| connection.send(&[0]).is_ok() && !connection.is_closed());
        silent.retain_mut(|connection| !connection.is_closed());
        assert_served(&mut connection);
        assert_served(&mut authority.trust().connect(server.address).unwrap());
        (dripping.is_empty() && silent.is_empty() && nonsense.is_closed()).then_some(())
    });
    assert!(!server.said().contains("handshake"), "it is nothing to tell of: {}", server.said());
}

#[test]
fn connections_beyond_the_limit_get_an_alert_until_there_is_room() {
    let (shop, authority, files) = shop_with_certificate();
    let server = shop.serve(&[&["--max-connections", "3"], &files.options()[..]].concat());
    // One that has not shaken hands counts too.
    let waiting = RawConnection::open(server.address);
    let mut open: Vec<RawConnection<Encrypted>> =
        (0..2).map(|_| authority.trust().connect(server.address).unwrap()).collect();
    for _ in 0..100 {
        let error = authority.trust().connect(server.address).err().unwrap().to_string();
        assert!(error.contains("InternalError"), "{error}");
    }
    open.iter_mut().for_each(assert_served);
    drop(waiting);
    eventually("there is room again", PATIENCE, || authority.trust().connect(server.address).ok());
}

#[test]
fn a_connection_kept_open_brings_its_last_request_while_the_server_stops() {
    let (shop, authority, files) = shop_with_certificate();
    let mut server = shop.serve(&files.options());
    let mut connection = authority.trust().connect(server.address).unwrap();
    let mut in_handshake = RawConnection::open(server.address);
    assert_served(&mut connection);
    server.terminate();
    eventually("nobody else is let in", PATIENCE, || TcpConnection::connect(server.address).err());
    // The listener is closed a moment before the connections are told.
    eventually("an answer says that it is the last one", PATIENCE, || {
        connection.send(HEALTH).unwrap();
        let answer = connection.answer();
        assert_eq!(answer.status, 200);
        (answer.header("connection") == Some("close")).then_some(())
    });
    in_handshake.wait_until_closed(Duration::from_secs(8));
    assert!(server.wait(PATIENCE).success());
}

#[test]
fn health_asks_a_server_with_tls_too() {
    let (shop, _authority, files) = shop_with_certificate();
    let server = shop.serve(&files.options());
    let address = server.address.to_string();
    let health = || Outcome::of(shop.program.bare().args(["health", "--listen", &address]));
    health().succeeded();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..4).map(|_| scope.spawn(health)).collect();
        for asking in asking {
            asking.join().unwrap().succeeded();
        }
    });
    server.stop();
    assert!(health().failed(1).contains(&address));
}
