//! Who waits for whom: what is short for nothing that is long, and long ones for their turn.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use shopfolk_model::{Actor, StoreId, TokenId};
use shopfolk_operations::GetStore;
use shopfolk_operations::conformance::{BY, STORE, create_store};
use shopfolk_store::{Engine, Length, Pace, ReadOperation, ReadTx, StoreError, WriteOperation, WriteTx};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Nothing here takes as long as this.
const PATIENCE: Duration = Duration::from_mins(1);

const OTHER: StoreId = match StoreId::new(2004) {
    Ok(id) => id,
    Err(_) => panic!(),
};

async fn engine(adjust: impl FnOnce(&mut SqliteSettings)) -> (SqliteEngine, TempDir) {
    let directory = TempDir::new().unwrap();
    let mut settings = SqliteSettings::new(directory.path().join("shop.db"));
    settings.serve = true;
    adjust(&mut settings);
    let engine = SqliteEngine::open(&settings).unwrap();
    create_store(&engine, STORE).await;
    create_store(&engine, OTHER).await;
    (engine, directory)
}

/// What began, in its order, and what may go on.
#[derive(Default)]
struct Stage {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    begun: Vec<&'static str>,
    open: Vec<&'static str>,
}

impl Stage {
    /// Notes that something begins and waits until it may go on.
    fn enter(&self, name: &'static str) {
        let mut state = self.state.lock();
        state.begun.push(name);
        self.changed.notify_all();
        self.changed.wait_while_for(&mut state, |state| !state.open.contains(&name), PATIENCE);
    }

    /// Lets something go on.
    fn open(&self, name: &'static str) {
        self.state.lock().open.push(name);
        self.changed.notify_all();
    }

    fn wait_for(&self, name: &'static str) {
        let mut state = self.state.lock();
        let waited = self.changed.wait_while_for(&mut state, |state| !state.begun.contains(&name), PATIENCE);
        assert!(!waited.timed_out(), "{name} did not begin; begun: {:?}", state.begun);
    }

    fn begun(&self) -> Vec<&'static str> {
        self.state.lock().begun.clone()
    }
}

/// A part that is read or written.
struct Part {
    stage: Arc<Stage>,
    name: &'static str,
    length: Length,
}

impl ReadOperation for Part {
    type Output = ();
    type Error = StoreError;

    fn length(&self) -> Length {
        self.length
    }

    async fn run<T: ReadTx>(&self, _: &mut T) -> Result<(), StoreError> {
        self.stage.enter(self.name);
        Ok(())
    }
}

impl WriteOperation for Part {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, _: &mut T) -> Result<(), StoreError> {
        self.stage.enter(self.name);
        Ok(())
    }
}

type Running = JoinHandle<Result<(), StoreError>>;

/// Parts on one stage.
struct Play {
    engine: SqliteEngine,
    stage: Arc<Stage>,
}

impl Play {
    fn new(engine: &SqliteEngine) -> Self {
        Self { engine: engine.clone(), stage: Arc::default() }
    }

    fn part(&self, name: &'static str, length: Length) -> Part {
        Part { stage: Arc::clone(&self.stage), name, length }
    }

    fn search(&self, store: StoreId, name: &'static str) -> Running {
        let (engine, part) = (self.engine.clone(), self.part(name, Length::Long));
        tokio::spawn(async move { engine.read(store, part).await })
    }

    /// A short write. What was sent before is in the queue when it is answered that this one is.
    async fn write(&self, name: &'static str) -> Running {
        let (engine, part) = (self.engine.clone(), self.part(name, Length::Short));
        queued(async move { engine.write(STORE, BY, part).await }).await
    }

    async fn portion(&self, token: i64, name: &'static str) -> Running {
        let (engine, part) = (self.engine.clone(), self.part(name, Length::Long));
        let by = Actor::Token(TokenId::new(token).unwrap());
        queued(async move { engine.write_portion(STORE, by, part, &mut Pace::default()).await }).await
    }
}

/// Runs a future that sends something when it is polled for the first time, and waits until it did.
async fn queued<F: Future<Output = Result<(), StoreError>> + Send + 'static>(send: F) -> Running {
    let mut send = Box::pin(send);
    let pending =
        std::future::poll_fn(|context| std::task::Poll::Ready(send.as_mut().poll(context).is_pending()))
            .await;
    assert!(pending, "it was not sent");
    tokio::spawn(send)
}

#[tokio::test(flavor = "multi_thread")]
async fn short_read_is_answered_while_every_searching_thread_is_taken() {
    let (engine, _guard) = engine(|settings| settings.searchers = 2).await;
    let play = Play::new(&engine);
    let running = [play.search(STORE, "one"), play.search(OTHER, "two")];
    play.stage.wait_for("one");
    play.stage.wait_for("two");
    assert!(engine.read(STORE, GetStore).await.unwrap().is_some());
    play.stage.open("one");
    play.stage.open("two");
    for part in running {
        part.await.unwrap().unwrap();
    }
    engine.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_store_never_takes_the_last_searching_thread() {
    let (engine, _guard) = engine(|settings| settings.searchers = 3).await;
    let play = Play::new(&engine);
    play.stage.open("other");
    let names = ["first", "second", "third", "fourth"];
    let running = names.map(|name| play.search(STORE, name));
    play.search(OTHER, "other").await.unwrap().unwrap();
    let eventually = |count| while play.stage.begun().len() < count {};
    eventually(3);
    let of_the_store = play.stage.begun().into_iter().filter(|&name| name != "other").count();
    assert_eq!(of_the_store, 2, "one thread is left to others");
    for name in names {
        play.stage.open(name);
    }
    for part in running {
        part.await.unwrap().unwrap();
    }
    engine.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn long_reads_beyond_the_bound_cost_the_store_that_has_the_most() {
    let (engine, _guard) = engine(|settings| (settings.searchers, settings.search_queue) = (1, 2)).await;
    let play = Play::new(&engine);
    play.stage.open("waits");
    play.stage.open("other");
    let first = play.search(STORE, "first");
    play.stage.wait_for("first");
    let read = |store, name| {
        let (engine, part) = (engine.clone(), play.part(name, Length::Long));
        queued(async move { engine.read(store, part).await })
    };
    let (waits, gives_way) = (read(STORE, "waits").await, read(STORE, "gives way").await);
    let other = read(OTHER, "other").await;
    let refused = gives_way.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    play.stage.open("first");
    for part in [first, waits, other] {
        part.await.unwrap().unwrap();
    }
    assert_eq!(play.stage.begun(), ["first", "waits", "other"]);
    engine.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_between_portions_and_callers_of_portions_take_turns() {
    let (engine, _guard) = engine(|_| ()).await;
    let play = Play::new(&engine);
    let mut running = vec![play.write("first").await];
    play.stage.wait_for("first");
    for (token, name) in [(1, "a1"), (1, "a2"), (2, "b1")] {
        running.push(play.portion(token, name).await);
    }
    running.push(play.write("beside the first").await);
    for name in ["first", "beside the first", "a2", "b1", "between"] {
        play.stage.open(name);
    }
    play.stage.wait_for("a1");
    running.push(play.write("between").await);
    play.stage.open("a1");
    for part in running {
        part.await.unwrap().unwrap();
    }
    assert_eq!(play.stage.begun(), ["first", "beside the first", "a1", "between", "b1", "a2"]);
    engine.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let (engine, _guard) = engine(|settings| settings.searchers = 1).await;
    let play = Play::new(&engine);
    let (writing, reading) = (play.write("writing").await, play.search(STORE, "reading"));
    play.stage.wait_for("writing");
    play.stage.wait_for("reading");
    for part in [play.portion(1, "portion").await, play.write("write").await, play.search(STORE, "search")] {
        part.abort();
        assert!(part.await.unwrap_err().is_cancelled());
    }
    play.stage.open("writing");
    play.stage.open("reading");
    writing.await.unwrap().unwrap();
    reading.await.unwrap().unwrap();
    play.stage.open("last");
    let last = play.portion(1, "last").await;
    last.await.unwrap().unwrap();
    play.search(STORE, "last").await.unwrap().unwrap();
    let mut begun = play.stage.begun();
    begun.sort_unstable();
    assert_eq!(begun, ["last", "last", "reading", "writing"]);
    engine.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_that_closes_finishes_portions_that_wait() {
    let (engine, _guard) = engine(|_| ()).await;
    let play = Play::new(&engine);
    let first = play.write("first").await;
    play.stage.wait_for("first");
    let portions = [play.portion(1, "a").await, play.portion(2, "b").await];
    for name in ["first", "a", "b"] {
        play.stage.open(name);
    }
    engine.close().await.unwrap();
    for part in portions.into_iter().chain([first]) {
        part.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn portion_that_writes_nothing_says_nothing_of_the_pace() {
    let (engine, _guard) = engine(|_| ()).await;
    let play = Play::new(&engine);
    play.stage.open("writes nothing");
    let mut pace = Pace::default();
    for _ in 0..3 {
        let part = play.part("writes nothing", Length::Long);
        engine.write_portion(STORE, BY, part, &mut pace).await.unwrap();
        assert_eq!(pace, Pace::default());
    }
    engine.close().await.unwrap();
}
