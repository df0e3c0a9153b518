//! The log beside the database file.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use shopfolk_model::{ContactNote, EmailAddress, NewContact};
use shopfolk_operations::conformance::{BY, STORE, at, import_of, phone, shop};
use shopfolk_operations::{ImportCustomers, ImportedCustomer};
use shopfolk_store::{Engine, Length, PageRequest, ReadOperation, ReadTx, StoreError};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

/// How many commits are made, of some 3 MiB each.
const COMMITS: u64 = 200;

/// No search takes longer than this, as searches do: one that does is not waited for.
const LONGEST_SEARCH: Duration = Duration::from_millis(100);

/// A search that reads what was there two commits ago.
struct SlowSearch(Arc<AtomicU64>);

impl ReadOperation for SlowSearch {
    type Output = ();
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        let began = self.0.load(Ordering::Acquire);
        tx.list_customer_ids(PageRequest::at(0, 1)).await?;
        let last = Instant::now() + LONGEST_SEARCH;
        while self.0.load(Ordering::Acquire) < COMMITS.min(began + 2) && Instant::now() < last {
            thread::yield_now();
        }
        Ok(())
    }
}

fn many_contacts(commit: u64) -> ImportCustomers {
    let note = ContactNote::new(&"x".repeat(5_000)).unwrap();
    let customer = |number: u64| ImportedCustomer {
        email: EmailAddress::new(&format!("c{commit}-{number}@example.com")).ok(),
        contacts: Some(
            (0..5)
                .map(|number: u64| NewContact { note: Some(note.clone()), ..phone(&number.to_string()) })
                .collect(),
        ),
        ..ImportedCustomer::default()
    };
    import_of((0..50).map(customer).collect(), at(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_begins_anew_beside_searches_that_leave_no_gap() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("shop.db");
    let engine =
        SqliteEngine::open(&SqliteSettings { serve: true, searchers: 3, ..SqliteSettings::new(&path) })
            .unwrap();
    shop(&engine).await;
    let commits = Arc::new(AtomicU64::new(0));
    let searchers: Vec<_> = (0..3)
        .map(|_| {
            let (engine, commits) = (engine.clone(), Arc::clone(&commits));
            tokio::spawn(async move {
                while commits.load(Ordering::Acquire) < COMMITS {
                    engine.read(STORE, SlowSearch(Arc::clone(&commits))).await.unwrap();
                }
            })
        })
        .collect();
    let mut written = 0;
    let log = directory.path().join("shop.db-wal");
    for commit in 0..COMMITS {
        engine.write(STORE, BY, many_contacts(commit)).await.unwrap();
        commits.fetch_add(1, Ordering::Release);
        written = fs::metadata(&path).unwrap().len();
    }
    for searcher in searchers {
        searcher.await.unwrap();
    }
    let log = fs::metadata(log).unwrap().len();
    assert!(written > 192 << 20 && log < written / 2, "a log of {log} bytes beside {written}");
    engine.close().await.unwrap();
}
