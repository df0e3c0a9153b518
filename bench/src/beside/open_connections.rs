//! Clients that are slow: some do not read their answer, others take their time with a body.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::StatusCode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::counted::Counted;
use super::filling::path;

/// How many clients do not read.
const READERS: usize = 60;
/// How long each of them keeps its connection.
const READER_STAYS: Duration = Duration::from_secs(5);
/// How many bodies are on the way at once.
const BODIES: usize = 3_000;
/// The length of a body, in bytes.
const BODY: usize = 200_000;
/// How much of it comes at once; the rest drips.
const AT_ONCE: usize = 190_000;
const DRIP: usize = 100;
const BETWEEN_DRIPS: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// Open files beside the connections.
const OTHER_FILES: u64 = 500;

static BLANKS: [u8; BODY] = [b' '; BODY];

/// Lets this process have as many connections as it needs.
///
/// # Errors
/// When the system does not let it.
pub(super) fn allow_many() -> Result<()> {
    let needed = BODIES as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= needed),
        "{needed} files have to be open at once; raise the limit with ulimit -Hn"
    );
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })
        .context("cannot raise the limit of open files")
}

/// Clients that ask for a large answer, do not read it, and go away.
pub(super) fn slow_readers(address: SocketAddr, token: &str, goes_on: &AtomicBool, counted: &Counted) {
    let request = format!("GET {} HTTP/1.1\r\n{}\r\n", path("customers?limit=100"), head(token));
    let ask = || -> Result<(TcpStream, Instant)> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        Ok((stream, Instant::now()))
    };
    let mut readers = Vec::new();
    while goes_on.load(Ordering::Relaxed) {
        readers.retain(|(_, since): &(TcpStream, Instant)| since.elapsed() < READER_STAYS);
        while readers.len() < READERS {
            let asked = ask();
            counted.add(&asked.as_ref().map(|_| StatusCode::OK).map_err(|error| anyhow::anyhow!("{error}")));
            match asked {
                Ok(reader) => readers.push(reader),
                Err(_) => break,
            }
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// Clients whose bodies come slowly.
pub(super) fn slow_bodies(address: SocketAddr, token: &str, goes_on: &AtomicBool, counted: &Counted) {
    let head = format!(
        "POST {} HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {BODY}\r\n\r\n",
        path("customers"),
        head(token)
    );
    let mut bodies: Vec<SlowBody> = Vec::new();
    while goes_on.load(Ordering::Relaxed) {
        bodies.retain_mut(|body| {
            let sent = body.send();
            if let Some(outcome) = &sent {
                counted.add(outcome);
            }
            sent.is_none()
        });
        while bodies.len() < BODIES && goes_on.load(Ordering::Relaxed) {
            let Ok(body) = SlowBody::open(address, &head) else { break };
            bodies.push(body);
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

fn head(token: &str) -> String {
    format!("Host: shop\r\nAuthorization: Bearer {token}\r\n")
}

/// A body on its way.
struct SlowBody {
    stream: TcpStream,
    sent: usize,
    next: Instant,
}

impl SlowBody {
    fn open(address: SocketAddr, head: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(head.as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, sent: 0, next: Instant::now() })
    }

    /// Sends what is due, as far as the server takes it; says what became of the request when it has ended.
    fn send(&mut self) -> Option<Result<StatusCode>> {
        if Instant::now() < self.next {
            return None;
        }
        let until = if self.sent < AT_ONCE { AT_ONCE } else { (self.sent + DRIP).min(BODY) };
        match self.stream.write(&BLANKS[self.sent..until]) {
            Ok(count) => self.sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // The server has had enough of it.
            Err(_) => return Some(Ok(StatusCode::REQUEST_TIMEOUT)),
        }
        if self.sent >= AT_ONCE {
            self.next = Instant::now() + BETWEEN_DRIPS;
        }
        (self.sent >= BODY).then_some(Ok(StatusCode::OK))
    }
}
