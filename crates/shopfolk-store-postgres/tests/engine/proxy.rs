//! A network between the engine and the server that counts what goes over it, and breaks when it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What happens to the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// It never reaches the server: the connection ends before it.
    BeforeCommit,
    /// It reaches the server, which does it; the answer never comes.
    AfterCommit,
    /// The client's side ends at once; the commit and all before it that is on the way reach the server when it is
    /// released.
    CommitComesLate,
}

/// A proxy in front of a server.
pub struct Proxy {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    next: Mutex<Option<Break>>,
    /// How often a client spoke after a server had.
    round_trips: AtomicU64,
    released: Notify,
    held: Notify,
}

impl Proxy {
    /// Listens on a free port.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// Breaks the connection on which the next commit comes.
    pub fn break_next(&self, how: Break) {
        *self.state.next.lock().unwrap() = Some(how);
    }

    /// Whether what was to break has broken.
    pub fn has_broken(&self) -> bool {
        self.state.next.lock().unwrap().is_none()
    }

    /// Waits until a commit is held back.
    pub async fn held(&self) {
        self.state.held.notified().await;
    }

    /// Lets the commit that is held back go on.
    pub fn release(&self) {
        self.state.released.notify_one();
    }

    pub fn round_trips(&self) -> u64 {
        self.state.round_trips.load(Ordering::SeqCst)
    }
}

async fn serve(client: TcpStream, server: SocketAddr, state: Arc<State>) {
    client.set_nodelay(true).unwrap();
    let server = TcpStream::connect(server).await.unwrap();
    server.set_nodelay(true).unwrap();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let spoken = Arc::new(AtomicU64::new(0));
    let answers = tokio::spawn(pass_answers(from_server, to_client, Arc::clone(&spoken)));
    // Ends with the client; dropping the task then ends the other direction.
    pass_requests(from_client, to_server, &state, &spoken, &answers).await;
    answers.abort();
}

/// Passes on what the server says, and counts that it spoke.
async fn pass_answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, spoken: Arc<AtomicU64>) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut bytes).await.unwrap_or(0);
        if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
        spoken.fetch_add(1, Ordering::SeqCst);
    }
}

async fn pass_requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &State,
    spoken: &AtomicU64,
    answers: &tokio::task::JoinHandle<()>,
) {
    let mut bytes = vec![0; 64 * 1024];
    let mut heard = 0;
    loop {
        let count = from.read(&mut bytes).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        let request = &bytes[..count];
        let now = spoken.load(Ordering::SeqCst);
        if now != heard {
            heard = now;
            state.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        let breaks =
            find(request, b"COMMIT\0").and_then(|place| Some((place, state.next.lock().unwrap().take()?)));
        match breaks {
            None => {
                if to.write_all(request).await.is_err() {
                    return;
                }
            }
            Some((place, Break::BeforeCommit)) => {
                // The message begins five bytes before its text.
                let _ = to.write_all(&request[..place - 5]).await;
                return;
            }
            Some((_, Break::AfterCommit)) => {
                answers.abort();
                let _ = to.write_all(request).await;
                // The server does what it has read before it sees the end.
                let _ = to.shutdown().await;
                return;
            }
            Some((_, Break::CommitComesLate)) => {
                answers.abort();
                drop(from);
                state.held.notify_one();
                state.released.notified().await;
                let _ = to.write_all(request).await;
                let _ = to.shutdown().await;
                return;
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
