//! A network in front of a server: it counts what goes over it, is as slow as it is told, and breaks when it is told to.

mod line;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use self::line::{Line, line};

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

/// A proxy in front of a server. Dropping it ends its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    /// Its own, so that it serves programs and engines alike; taken when it ends.
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct State {
    server: SocketAddr,
    /// How long bytes are on the way in one direction.
    one_way: Duration,
    next: Mutex<Option<Break>>,
    round_trips: AtomicU64,
    released: Notify,
    held: Notify,
    /// How often all connections were cut.
    cuts: watch::Sender<u64>,
    /// The round trip from which on nothing of a client is passed on.
    last: watch::Sender<Option<u64>>,
    /// How many connections wait for that to be lifted.
    waiting: AtomicU64,
}

impl Proxy {
    /// Listens on a free port of this machine and passes on at once what comes.
    pub fn start(server: SocketAddr) -> Self {
        Self::slow(server, Duration::ZERO)
    }

    /// The same over a link on which a question and its answer are on the way so long, and connecting as well.
    pub fn slow(server: SocketAddr, round_trip: Duration) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // Not bound in the runtime: whoever starts a proxy may be in one already, and then cannot wait for another.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            server,
            one_way: round_trip / 2,
            next: Mutex::default(),
            round_trips: AtomicU64::default(),
            released: Notify::default(),
            held: Notify::default(),
            cuts: watch::Sender::default(),
            last: watch::Sender::default(),
            waiting: AtomicU64::default(),
        });
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(client, Arc::clone(&shared)));
            }
        });
        Self { address, state, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often a client has spoken after the server had.
    pub fn round_trips(&self) -> u64 {
        self.state.round_trips.load(Ordering::SeqCst)
    }

    /// Holds back whatever clients say when this many more round trips have begun, the last of them included.
    pub fn hold_after(&self, round_trips: u64) {
        self.state.last.send_replace(Some(self.round_trips() + round_trips));
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        self.state.waiting.load(Ordering::SeqCst) > 0
    }

    /// Passes on what is held back, and all that comes.
    pub fn let_go(&self) {
        self.state.last.send_replace(None);
    }

    /// Ends all connections that there are, whatever is on the way on them. New ones come about.
    pub fn cut(&self) {
        self.state.cuts.send_modify(|cuts| *cuts += 1);
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
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl State {
    async fn wait_while_held(&self) {
        let mut last = self.last.subscribe();
        let is_free =
            |last: &Option<u64>| last.is_none_or(|last| self.round_trips.load(Ordering::SeqCst) < last);
        if is_free(&last.borrow()) {
            return;
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // The sender is a part of this, so it is there.
        let _ = last.wait_for(is_free).await;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(client: TcpStream, state: Arc<State>) {
    let mut cuts = state.cuts.subscribe();
    let mut pieces = JoinSet::new();
    tokio::select! {
        () = connect(client, &state, &mut pieces) => {}
        _ = cuts.changed() => {}
    }
    // Whatever still runs ends here: it is dropped with its set.
}

/// Passes on what comes in both directions, until the client ends and everything from it has arrived.
async fn connect(client: TcpStream, state: &Arc<State>, pieces: &mut JoinSet<()>) {
    client.set_nodelay(true).unwrap();
    tokio::time::sleep(state.one_way * 2).await;
    let Ok(server) = TcpStream::connect(state.server).await else { return };
    server.set_nodelay(true).unwrap();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let spoken = Arc::new(AtomicU64::new(0));
    let (requests, carried_requests) = line(state.one_way);
    let (answers, carried_answers) = line(state.one_way);
    let count = Arc::clone(&spoken);
    let answering = [
        pieces.spawn(pass_answers(from_server, answers)),
        pieces.spawn(carried_answers.carry(to_client, move || {
            count.fetch_add(1, Ordering::SeqCst);
        })),
    ];
    let carrying = carried_requests.carry(to_server, || ());
    let requesting = async {
        let no_more_answers = || answering.iter().for_each(tokio::task::AbortHandle::abort);
        pass_requests(from_client, requests, state, &spoken, no_more_answers).await;
        no_more_answers();
    };
    tokio::join!(requesting, carrying);
}

async fn pass_answers(mut from: OwnedReadHalf, to: Line) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut bytes).await.unwrap_or(0);
        if count == 0 || !to.put(&bytes[..count]).await {
            return;
        }
    }
}

/// Passes on what the client says, counts where that begins anew after an answer, and breaks what is to break.
async fn pass_requests(
    mut from: OwnedReadHalf,
    to: Line,
    state: &State,
    spoken: &AtomicU64,
    no_more_answers: impl Fn(),
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
        state.wait_while_held().await;
        let breaks =
            find(request, b"COMMIT\0").and_then(|place| Some((place, state.next.lock().unwrap().take()?)));
        match breaks {
            None => {
                if !to.put(request).await {
                    return;
                }
            }
            Some((place, Break::BeforeCommit)) => {
                // The message begins five bytes before its text.
                to.put(&request[..place - 5]).await;
                return;
            }
            Some((_, Break::AfterCommit)) => {
                no_more_answers();
                // The server does what it has read before it sees the end.
                to.put(request).await;
                return;
            }
            Some((_, Break::CommitComesLate)) => {
                no_more_answers();
                drop(from);
                state.held.notify_one();
                state.released.notified().await;
                to.put(request).await;
                return;
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
