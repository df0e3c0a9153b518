//! What the API answers when the database cannot serve, fails, panics or does not answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use shopfolk_api::{ApiSettings, Clock, ShuttingDown, router};
use shopfolk_model::{Actor, EventPosition, Store, StoreId};
use shopfolk_store::{
    BackgroundTask, CopyOperation, Engine, EngineHealth, ListeningStores, Pace, Page, PageRequest,
    ReadOperation, StoreError, StoredEvent, StoresWith, Violation, WriteOperation,
};

use crate::support::{Answer, Call, TestClock};

/// How the engine fails.
#[derive(Clone, Copy)]
enum Faulty {
    Unavailable,
    Broken,
    Panics,
    Silent,
}

impl Faulty {
    async fn fail<T, E: From<StoreError>>(self) -> Result<T, E> {
        Err(match self {
            Self::Unavailable => {
                StoreError::Unavailable { reason: "too many calls are waiting for it" }.into()
            }
            Self::Broken => {
                StoreError::Database { doing: "find a token", source: "disk on fire".into() }.into()
            }
            Self::Panics => panic!("secret thoughts"),
            Self::Silent => std::future::pending().await,
        })
    }
}

impl Engine for Faulty {
    async fn read_for<O: ReadOperation>(&self, _: StoreId, _: Actor, _: O) -> Result<O::Output, O::Error> {
        self.fail().await
    }

    async fn write<O: WriteOperation>(&self, _: StoreId, _: Actor, _: O) -> Result<O::Output, O::Error> {
        self.fail().await
    }

    async fn write_portion<O: WriteOperation>(
        &self,
        _: StoreId,
        _: Actor,
        _: O,
        _: &mut Pace,
    ) -> Result<O::Output, O::Error> {
        self.fail().await
    }

    async fn copy<O: CopyOperation>(&self, _: StoreId, _: O) -> Result<O::Output, StoreError> {
        self.fail().await
    }

    async fn list_events(
        &self,
        _: StoreId,
        _: Option<EventPosition>,
        _: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.fail().await
    }

    async fn rebuild(&self, _: impl FnMut(u64) + Send + 'static) -> Result<(), StoreError> {
        self.fail().await
    }

    async fn list_stores(&self, _: PageRequest<StoreId>) -> Result<Page<Store, StoreId>, StoreError> {
        self.fail().await
    }

    async fn list_listening_stores(
        &self,
        _: ListeningStores,
        _: Option<StoreId>,
        _: u32,
    ) -> Result<Vec<StoreId>, StoreError> {
        self.fail().await
    }

    fn on_write(&self, _: impl Fn(StoreId) + Send + Sync + 'static) {}

    async fn next_store_id(&self) -> Result<StoreId, StoreError> {
        self.fail().await
    }

    async fn next_store_with(
        &self,
        _: StoresWith,
        _: Option<StoreId>,
    ) -> Result<Option<StoreId>, StoreError> {
        self.fail().await
    }

    async fn check(&self, _: impl FnMut(Violation) + Send + 'static) -> Result<(), StoreError> {
        self.fail().await
    }

    async fn count_events(&self) -> Result<u64, StoreError> {
        self.fail().await
    }

    fn on_access_change(&self, _: impl Fn(Option<StoreId>) + Send + Sync + 'static) {}

    fn background(&self) -> Vec<BackgroundTask> {
        Vec::new()
    }

    async fn health(&self) -> EngineHealth {
        EngineHealth::NotReady("the disk is on fire".to_owned())
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn app(engine: Faulty) -> Router {
    let request_timeout = Duration::from_millis(30);
    let clock: Arc<dyn Clock> = TestClock::new();
    router(engine, ApiSettings { request_timeout, ..ApiSettings::default() }, clock)
}

async fn call(engine: Faulty) -> Answer {
    let call = Call::new(&app(engine), Method::GET, "/api/v3/1003/profile").token("secret_token");
    call.header("x-request-id", "request-7").send().await
}

#[tokio::test]
async fn storage_that_is_busy_asks_to_come_again() {
    let answer = call(Faulty::Unavailable).await;
    let message = answer.error(503, "UNAVAILABLE");
    assert!(message.contains("too many calls are waiting for it"), "{message}");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_fault_of_ours_says_nothing_but_the_request_id() {
    for engine in [Faulty::Broken, Faulty::Panics] {
        let answer = call(engine).await;
        assert_eq!(answer.error(500, "INTERNAL_ERROR"), "Internal error, the request id is request-7");
        assert_eq!(answer.header("x-request-id"), "request-7");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let message = call(Faulty::Silent).await.error(408, "TIMEOUT");
    assert!(message.starts_with("The request was not served within 0.03 seconds"), "{message}");
}

#[tokio::test]
async fn readiness_says_why_not() {
    let app = app(Faulty::Broken);
    let answer = Call::new(&app, Method::GET, "/readyz").send().await;
    assert_eq!(answer.error(503, "UNAVAILABLE"), "Not ready: the disk is on fire");
    assert_eq!(Call::new(&app, Method::GET, "/healthz").send().await.status, 200);
}

#[tokio::test]
async fn who_comes_while_the_server_ends_is_sent_away() {
    let shutting_down = ShuttingDown::default();
    let settings = ApiSettings { shutting_down: shutting_down.clone(), ..ApiSettings::default() };
    let clock: Arc<dyn Clock> = TestClock::new();
    let app = router(Faulty::Broken, settings, clock);
    shutting_down.turn_away();
    for path in ["/api/v3/1003/profile", "/nowhere", "/readyz", "/docs"] {
        let answer = Call::new(&app, Method::GET, path).send().await;
        let message = answer.error(503, "UNAVAILABLE");
        assert!(message.starts_with("The server is shutting down"), "{message}");
    }
    assert_eq!(Call::new(&app, Method::GET, "/healthz").send().await.status, 200);
}
