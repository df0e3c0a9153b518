//! In 256 MB of memory the server outlives everything that takes much: large answers, answers that nobody reads, and
//! bodies that do not come to their end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::json;

use harness::{PATIENCE, Program, Server, Shop, contacts, create_customer, customers, eventually};

/// What the server may have, in bytes.
const LIMIT: u64 = 256 << 20;
const SCOPES: &str =
    "read_customers,create_customers,update_customers,read_orders,create_orders,update_orders";
/// How many ask for a large answer at once.
const CLIENTS: usize = 8;
/// Customers, and long notes of each: 50 notes of 20 KB are 1 MB, and all of them 20 MB.
const WORDY: u32 = 20;
const NOTES: u32 = 50;
const NOTE_LETTERS: usize = 5_000;
const ORDERS: u32 = 20;
/// A body may have 1 MiB.
const ORDER_NOTE: usize = (1 << 20) - 1_000;
const READERS: usize = 60;
/// Together they are more than three times what the server takes of bodies at once.
const BODIES: usize = 600;
const BODY: usize = 200_000;

/// A server that may have so much memory, where the system keeps groups of processes within limits. Elsewhere it is looked at
/// the end how much it had.
fn serve_within_the_limit(shop: &Shop) -> Server {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off", "--log-level", "warn"];
    let mut command = shop.program.command(&arguments);
    match in_a_scope(&command) {
        Some(mut limited) => Server::start_command(&mut limited),
        None => Server::start_command(&mut command),
    }
}

/// The most memory that a process had, in bytes.
fn most_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = line.trim().strip_suffix(" kB").unwrap().trim().parse().unwrap();
    kilobytes * 1024
}

/// The same command in a scope of systemd, if there is one that takes it.
fn in_a_scope(command: &Command) -> Option<Command> {
    if !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let scope = |program: &Command| {
        let mut scope = Command::new("systemd-run");
        if !rustix::process::geteuid().is_root() {
            scope.arg("--user");
        }
        scope.args(["--scope", "--quiet", "--collect"]);
        scope.args([format!("--property=MemoryMax={LIMIT}"), "--property=MemorySwapMax=0".to_owned()]);
        scope.arg(program.get_program()).args(program.get_args());
        scope
    };
    let tried = scope(&Command::new("true")).status().is_ok_and(|status| status.success());
    tried.then(|| {
        println!("the limit is that of a scope of systemd");
        scope(command)
    })
}

/// Asks for something; the answer waits to be read.
fn ask(address: SocketAddr, token: &str, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    Ok(stream)
}

/// Has several clients ask at once, and says how many bytes the answer of each had, if it came to its end with 200; else why not.
/// Who is refused or cut is not lost: the server has to live, and to answer some.
fn ask_at_once(address: SocketAddr, token: &str, path: &str) -> Vec<Result<u64, String>> {
    let answered = || -> Result<u64, String> {
        let cut = |error: io::Error| error.to_string();
        let mut stream = ask(address, token, path).map_err(cut)?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).map_err(cut)?;
        let length = io::copy(&mut stream, &mut io::sink()).map_err(cut)?;
        let status = String::from_utf8_lossy(&status);
        if status == "HTTP/1.1 200" { Ok(length) } else { Err(status.into_owned()) }
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(answered)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn assert_creates_go_on(shop: &Shop, server: &Server, after: &str) {
    let client = shop.client(server);
    // A server that has much to give back may ask for patience.
    let status = eventually(&format!("a create after {after}"), PATIENCE, || {
        let customer = client.post(&customers(), &json!({ "email": format!("{after}@example.com") })).ok()?;
        let contact = json!({ "type": "PHONE", "contact": "+49 30 1" });
        let created = client.post(&contacts(customer.body["id"].as_u64()?), &contact).ok()?;
        Some(created.status)
    });
    assert_eq!(status, 200, "{}", server.said());
}

#[test]
fn a_server_with_256_mb_outlives_large_answers_slow_readers_and_slow_bodies() {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let mut shop = Shop::with(Program::new());
    shop.token = shop.program.create_token(SCOPES);
    let server = serve_within_the_limit(&shop);
    fill(&shop, &server);
    let (address, token) = (server.address, shop.token.as_str());

    let wordy = format!("{}?limit={WORDY}", customers());
    let answered = ask_at_once(address, token, &wordy);
    let all_notes = u64::from(WORDY * NOTES) * NOTE_LETTERS as u64 * 4;
    let whole = answered.iter().flatten().any(|&length| length > all_notes);
    assert!(whole, "{answered:?} {}", server.said());
    assert_creates_go_on(&shop, &server, "long-notes");

    let ids = format!("/api/v3/{}/orders?limit=30&responseFields=items(id)", harness::STORE);
    let answered = ask_at_once(address, token, &ids);
    assert!(answered.iter().any(Result::is_ok), "{answered:?} {}", server.said());
    assert_creates_go_on(&shop, &server, "large-orders");

    let readers: Vec<_> = (0..READERS).map(|_| ask(address, token, &wordy)).collect();
    assert_creates_go_on(&shop, &server, "slow-readers");
    drop(readers);

    let bodies: Vec<_> = (0..BODIES).map(|_| begin_body(address, token)).collect();
    assert_creates_go_on(&shop, &server, "slow-bodies");
    drop(bodies);
    let most = most_memory(server.process());
    println!("it had {most} bytes at the most");
    assert!(most < LIMIT, "{most} bytes");
    server.stop();
}

/// Adds the customers with long notes and the large orders.
fn fill(shop: &Shop, server: &Server) {
    thread::scope(|scope| {
        for number in 0..WORDY {
            let client = shop.client(server);
            scope.spawn(move || {
                let customer = create_customer(&client, &format!("wordy{number}@example.com"));
                let note = "\u{1f4dd}".repeat(NOTE_LETTERS);
                for contact in 0..NOTES {
                    let contact =
                        json!({ "type": "OTHER", "contact": format!("desk {contact}"), "note": note });
                    assert_eq!(client.post(&contacts(customer), &contact).unwrap().status, 200);
                }
            });
        }
    });
    let client = shop.client(server);
    let orders = format!("/api/v3/{}/orders", harness::STORE);
    for number in 0..ORDERS {
        let email = format!("wordy{}@example.com", number % WORDY);
        let order = json!({ "email": email, "total": 10, "orderComments": "x".repeat(ORDER_NOTE) });
        let answer = client.post(&orders, &order).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// Sends a body but for its end, as far as the server takes it.
fn begin_body(address: SocketAddr, token: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\nContent-Length: {BODY}\r\n\r\n",
        customers()
    );
    stream.write_all(head.as_bytes())?;
    stream.set_nonblocking(true)?;
    let body = vec![b' '; BODY - 1];
    let mut left = &body[..];
    // What the connection takes at once is what the server has to keep if it reads it.
    while let Ok(count) = stream.write(left) {
        left = &left[count..];
        if left.is_empty() {
            break;
        }
    }
    Ok(stream)
}
