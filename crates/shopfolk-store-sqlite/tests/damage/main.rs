//! Every kind of damage to every column of every table is found by `check`, or it is said why nothing can know of it.
//!
//! Tables and columns are read from the database, so that a new one is covered by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod changes;
mod harmless;
mod shop;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use shopfolk_model::{CustomerId, CustomerSearch, GroupFilter, OrderSearch, SearchText};
use shopfolk_operations::conformance::{STORE, assert_every_promise_holds, whole_customers};
use shopfolk_operations::{
    ListCustomerFilters, ListExtraFields, ListGroups, ListProducts, ReadContacts, SearchCustomers,
    SearchOrders, Wanted, WantedOfOrders,
};
use shopfolk_store::{Engine, PageRequest, Violation};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

use changes::{Damaging, every_damage};
use harmless::{every_harmless, is_of};
use shop::shop_with_everything;

/// What became of one damage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// SQLite did not let it happen.
    Refused,
    /// The database is not opened, or a check names it.
    Found,
    /// Nobody noticed.
    Missed,
}

/// A damage with what became of it, and what else went wrong.
struct Tried {
    damage: Damaging,
    outcome: Outcome,
    faults: Vec<String>,
}

#[test]
fn every_damage_is_found_or_harmless() {
    let directory = TempDir::new().unwrap();
    let template = directory.path().join("template.db");
    let bystander = shop_with_everything(&template);
    let damages = every_damage(&template);
    assert_sound(&template);
    let threads = thread::available_parallelism().map_or(2, Into::into);
    let next = Mutex::new(damages.into_iter());
    let tried: Vec<Tried> = thread::scope(|scope| {
        let work = |number: usize| {
            let (template, next) = (&template, &next);
            let path = directory.path().join(format!("shop{number}.db"));
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let take = || next.lock().unwrap().next();
                let mut tried = Vec::new();
                while let Some(damage) = take() {
                    tried.push(runtime.block_on(attempt(template, &path, bystander, damage)));
                }
                tried
            })
        };
        let workers: Vec<_> = (0..threads).map(work).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    judge(&tried);
}

/// What is found is found because of the damage.
fn assert_sound(template: &Path) {
    let copy = template.with_extension("sound.db");
    fs::copy(template, &copy).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let engine = SqliteEngine::open(&SqliteSettings::new(&copy)).unwrap();
        assert_every_promise_holds(&engine).await;
        engine.close().await.unwrap();
    });
}

/// Damages a copy of the database and looks at what comes of it.
async fn attempt(template: &Path, path: &Path, bystander: CustomerId, damage: Damaging) -> Tried {
    for rest in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{rest}", path.display()));
    }
    fs::copy(template, path).unwrap();
    if !damage.apply(path) {
        return Tried { damage, outcome: Outcome::Refused, faults: Vec::new() };
    }
    let Ok(engine) = SqliteEngine::open(&SqliteSettings::new(path)) else {
        return Tried { damage, outcome: Outcome::Found, faults: Vec::new() };
    };
    let violations = Arc::new(Mutex::new(Vec::<Violation>::new()));
    let found = Arc::clone(&violations);
    let checked = engine.check(move |violation| found.lock().unwrap().push(violation)).await;
    let mut faults = Vec::new();
    if let Err(error) = checked {
        faults.push(format!("the check fails: {error:?}"));
    }
    faults.extend(broken_lists(&engine, bystander, &damage).await);
    engine.close().await.unwrap();
    faults.extend(broken_server(path, bystander, &damage).await);
    let any = !violations.lock().unwrap().is_empty();
    Tried { damage, outcome: if any { Outcome::Found } else { Outcome::Missed }, faults }
}

/// A server starts on a database that a command can open.
async fn broken_server(path: &Path, bystander: CustomerId, damage: &Damaging) -> Vec<String> {
    match SqliteEngine::open(&SqliteSettings { serve: true, ..SqliteSettings::new(path) }) {
        Ok(engine) => {
            let broken = broken_lists(&engine, bystander, damage).await;
            // It may not be able to settle what is damaged, and says so then.
            let _ = engine.close().await;
            broken.into_iter().map(|fault| format!("in a server {fault}")).collect()
        }
        Err(error) => vec![format!("no server starts: {error:?}")],
    }
}

/// One row that is damaged breaks no list.
async fn broken_lists(engine: &SqliteEngine, bystander: CustomerId, damage: &Damaging) -> Vec<String> {
    let mut broken = Vec::new();
    let mut fails = |what: &str, error: Option<String>| {
        broken.extend(error.map(|error| format!("{what} fails: {error}")));
    };
    let error = |error| format!("{error:?}");
    fails("SearchCustomers", whole_customers(engine, STORE).await.err().map(error));
    let groups = ListGroups { filter: GroupFilter::default(), page: PageRequest::at(0, 100) };
    fails("ListGroups", engine.read(STORE, groups).await.err().map(error));
    let page = PageRequest::at(0, 100);
    let orders = SearchOrders { search: OrderSearch::default(), page, wanted: WantedOfOrders::Everything };
    fails("SearchOrders", engine.read(STORE, orders).await.err().map(error));
    let by_buyer = SearchOrders {
        search: OrderSearch { buyer: SearchText::optional("nobody").unwrap(), ..OrderSearch::default() },
        page,
        wanted: WantedOfOrders::Everything,
    };
    fails("SearchOrders by buyer", engine.read(STORE, by_buyer).await.err().map(error));
    fails("ListProducts", engine.read(STORE, ListProducts { name: None }).await.err().map(error));
    fails("ListExtraFields", engine.read(STORE, ListExtraFields).await.err().map(error));
    fails(
        "list_stores",
        engine.list_stores(PageRequest::at(0, 100)).await.err().map(|error| format!("{error:?}")),
    );
    if !damage.is_of_searches() {
        let search = SearchCustomers {
            search: CustomerSearch {
                keyword: SearchText::optional("example").unwrap(),
                ..CustomerSearch::default()
            },
            sort: None,
            page: PageRequest::at(0, 100),
            wanted: Wanted::Customers,
        };
        fails("SearchCustomers", engine.read(STORE, search).await.err().map(error));
        fails("ListCustomerFilters", engine.read(STORE, ListCustomerFilters).await.err().map(error));
    }
    if damage.leaves_others() {
        let contacts = ReadContacts { customer: bystander, after: None };
        fails("ReadContacts of another customer", engine.read(STORE, contacts).await.err().map(error));
    }
    broken
}

fn judge(tried: &[Tried]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let every_harmless = every_harmless();
    let mut used = vec![false; every_harmless.len()];
    let mut failures = Vec::new();
    for Tried { damage, outcome, faults } in tried {
        failures.extend(faults.iter().map(|fault| format!("{damage}: {fault}")));
        let what = match outcome {
            Outcome::Refused => "refused by SQLite",
            Outcome::Found => "found",
            Outcome::Missed => {
                let harmless = every_harmless.iter().position(|harmless| is_of(damage, harmless));
                if let Some(place) = harmless {
                    used[place] = true;
                    "harmless"
                } else {
                    failures.push(format!("{damage}: nobody noticed"));
                    "missed"
                }
            }
        };
        *counts.entry(what).or_default() += 1;
    }
    for (harmless, used) in every_harmless.iter().zip(used) {
        if !used {
            failures.push(format!("{harmless:?} is never needed"));
        }
    }
    println!("{} damages: {counts:?}", tried.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
