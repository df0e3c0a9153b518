//! An import beside callers who create, change and delete the same customers: nothing that was answered is undone, at whatever moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use shopfolk_test_postgres::TestDatabase;
use shopfolk_test_postgres::proxy::Proxy;

use harness::{
    Client, PATIENCE, Program, STORE, Shop, StopOnDrop, customer_lines, customers, eventually, seed,
};

on_each_engine! {
    customers_created_beside_an_import_stay,
}

/// A customer that a caller and a line of a file both have.
#[derive(Debug, Clone, Copy)]
struct Shared(u64);

impl Shared {
    fn reference(self) -> String {
        format!("R{}", self.0)
    }

    fn email(self) -> String {
        format!("line{}@example.com", self.0)
    }

    /// As the file has it, which comes from another store: its ids are soon those of callers here.
    fn line(self) -> String {
        let phone = format!("+1 555 {}", self.0);
        let line = json!({
            "id": self.0 + 50,
            "email": self.email(),
            "externalReferenceId": self.reference(),
            "contacts": [{ "type": "PHONE", "contact": phone }],
        });
        line.to_string() + "\n"
    }

    const fn shares_the_reference(self) -> bool {
        self.0.is_multiple_of(2)
    }

    /// As a caller has it: with the reference, else with the e-mail address.
    fn body(self) -> Value {
        if self.shares_the_reference() {
            json!({ "email": format!("caller{}@example.com", self.0), "externalReferenceId": self.reference() })
        } else {
            json!({ "email": self.email() })
        }
    }

    /// Creates it, and answers with its id unless the line was first.
    fn create(self, client: &Client) -> Option<u64> {
        let answer = client.post(&customers(), &self.body()).unwrap();
        match answer.status {
            200 => Some(answer.body["id"].as_u64().unwrap()),
            409 => None,
            _ => panic!("{answer:?}"),
        }
    }

    fn assert_is(self, customer: &Value) {
        if self.shares_the_reference() {
            assert_eq!(customer["externalReferenceId"], self.reference(), "{customer}");
        } else {
            assert_eq!(customer["email"], self.email(), "{customer}");
        }
    }
}

/// Imports these lines, and answers with the exit status. A line that a caller was faster with may be refused.
fn import(program: &Program, numbers: Range<u64>) -> i32 {
    let lines: String = numbers.map(|number| Shared(number).line()).collect();
    let store = STORE.to_string();
    let outcome = program.run_with_input(&["import", "--store", &store, "-"], lines.as_bytes());
    assert!([0, 3].contains(&outcome.status), "{outcome:?}");
    outcome.status
}

/// Every customer that was acknowledged is there; so is every line, once it has come again.
fn verify(shop: &Shop, client: &Client, created: &BTreeMap<u64, Shared>, numbers: Range<u64>) {
    let is_lost = |id: &u64, shared: &Shared| {
        let found = client.get(&format!("{}/{id}", customers())).unwrap();
        assert!([200, 404].contains(&found.status), "{found:?}");
        if found.status == 200 {
            shared.assert_is(&found.body);
        }
        found.status == 404
    };
    let lost: Vec<_> = created.iter().filter(|(id, shared)| is_lost(id, shared)).collect();
    let (count, all) = (lost.len(), created.len());
    assert!(lost.is_empty(), "{count} of {all} that were acknowledged are lost: {lost:?}");
    assert_eq!(
        client.get(&format!("{}/deleted", customers())).unwrap().body["total"],
        0,
        "nobody deletes any"
    );
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");

    assert_eq!(import(&shop.program, numbers.clone()), 0);
    let exported = shop.program.run(&["export", "--store", &STORE.to_string(), "-"]).succeeded().stdout;
    let mut references: Vec<u64> = customer_lines(&exported)
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|customer| customer["externalReferenceId"].as_str().unwrap()[1..].parse().unwrap())
        .collect();
    references.sort_unstable();
    assert_eq!(references, numbers.collect::<Vec<_>>());
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
}

/// Callers create any customers of the file, as fast as they can.
fn customers_created_beside_an_import_stay(program: Program) {
    const LINES: u64 = 1_000;
    const CREATORS: usize = 6;
    /// So many creates have to be answered while imports run, and so many to be refused because a line was first.
    const MEETINGS: u64 = 40;
    /// The first import is enough, unless the callers hardly get a turn.
    const IMPORTS: u64 = 10;
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let mut created = BTreeMap::new();
    let (mut refused, mut imports) = (0, 0);
    while imports < IMPORTS && (created.len() as u64).min(refused) < MEETINGS {
        let numbers = imports * LINES..(imports + 1) * LINES;
        let ended = AtomicBool::new(false);
        let create = |mut random: StdRng| {
            let client = client.another();
            let (mut created, mut refused) = (Vec::new(), 0);
            while !ended.load(Ordering::Relaxed) {
                let shared = Shared(random.random_range(numbers.clone()));
                match shared.create(&client) {
                    Some(id) => created.push((id, shared)),
                    None => refused += 1,
                }
            }
            (created, refused)
        };
        thread::scope(|scope| {
            let ending = StopOnDrop(&ended);
            let creators: Vec<_> = (0..CREATORS)
                .map(|_| StdRng::seed_from_u64(random.random()))
                .map(|random| scope.spawn(|| create(random)))
                .collect();
            import(&shop.program, numbers.clone());
            drop(ending);
            for creator in creators {
                let (more, more_refused) = creator.join().unwrap();
                refused += more_refused;
                for (id, shared) in more {
                    assert!(created.insert(id, shared).is_none(), "id {id} was given twice");
                }
            }
        });
        imports += 1;
    }
    println!("{imports} imports: {} created beside, {refused} refused", created.len());
    assert!((created.len() as u64).min(refused) >= MEETINGS, "they hardly met");
    verify(&shop, &client, &created, 0..imports * LINES);
}

/// The import is held before each of its questions to the database in turn, and others make their calls meanwhile. Answers
/// how often it was run, and what came of the calls.
fn hold_at_each_step<T: Send, C: FnOnce() -> T + Send>(
    database: &TestDatabase,
    link: &Proxy,
    import: impl Fn(u64) + Sync,
    calls: impl Fn(u64) -> Vec<C>,
) -> (u64, Vec<T>) {
    let (mut steps, mut outcomes) = (0, Vec::new());
    loop {
        link.hold_after(steps + 1);
        let was_held = thread::scope(|scope| {
            let importing = scope.spawn(|| import(steps));
            eventually("the import is held or over", PATIENCE, || {
                (link.holds() || importing.is_finished()).then_some(())
            });
            let was_held = link.holds();
            let calling: Vec<_> = calls(steps).into_iter().map(|call| scope.spawn(call)).collect();
            eventually("the callers are answered, or wait for the import", PATIENCE, || {
                let unanswered = calling.iter().filter(|calling| !calling.is_finished()).count();
                (unanswered <= waiting_for_locks(database)).then_some(())
            });
            link.let_go();
            importing.join().unwrap();
            outcomes.extend(calling.into_iter().map(|calling| calling.join().unwrap()));
            was_held
        });
        steps += 1;
        if !was_held {
            println!("held at {} steps", steps - 1);
            assert!(steps > 5, "an import asks more often");
            return (steps, outcomes);
        }
    }
}

#[test]
fn customers_created_between_any_two_steps_of_an_import_stay() {
    /// Two that share the reference with a caller's, and two that share the e-mail address.
    const LINES: u64 = 4;
    let shop = Shop::with(Program::on_postgres());
    let database = shop.program.postgres();
    let link = Proxy::start(database.address());
    let importer = shop.program.through(&link);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let numbers = |step: u64| step * LINES..(step + 1) * LINES;
    let import = |step| {
        import(&importer, numbers(step));
    };
    let create = |step| {
        let create = |number| {
            let client = client.another();
            move || Shared(number).create(&client).map(|id| (id, Shared(number)))
        };
        numbers(step).map(create).collect()
    };
    let (steps, outcomes) = hold_at_each_step(database, &link, import, create);
    let mut created = BTreeMap::new();
    for (id, shared) in outcomes.into_iter().flatten() {
        assert!(created.insert(id, shared).is_none(), "id {id} was given twice");
    }
    verify(&shop, &client, &created, 0..steps * LINES);
}

#[test]
fn customers_changed_and_deleted_between_any_two_steps_of_an_import_stay_so() {
    const MOST_STEPS: u64 = 60;
    let shop = Shop::with(Program::on_postgres());
    let database = shop.program.postgres();
    let link = Proxy::start(database.address());
    let importer = shop.program.through(&link);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let create = |email: String| {
        let answer = client.post(&customers(), &json!({ "email": email })).unwrap();
        answer.body["id"].as_u64().unwrap()
    };
    let emails = |step: u64| ["changed", "deleted"].map(|what| format!("{what}{step}@example.com"));
    let ids: Vec<[u64; 2]> = (0..MOST_STEPS).map(|step| emails(step).map(create)).collect();
    let moved = |step: usize| format!("moved{step}@example.com");
    let path = |id: u64| format!("{}/{id}", customers());
    let import = |step| {
        let named = |email| json!({ "email": email, "name": "As the file has it" }).to_string() + "\n";
        let lines = emails(step).map(named).concat();
        let store = STORE.to_string();
        importer.run_with_input(&["import", "--store", &store, "-"], lines.as_bytes()).succeeded();
    };
    let change = |step| {
        let step = usize::try_from(step).unwrap();
        [0, 1]
            .map(|call| {
                let (client, ids) = (client.another(), ids[step]);
                move || match call {
                    0 => client.put(&path(ids[0]), &json!({ "email": moved(step) })).unwrap().status,
                    _ => client.delete(&path(ids[1])).unwrap().status,
                }
            })
            .into()
    };
    let (steps, statuses) = hold_at_each_step(database, &link, import, change);
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    for (step, [changed, deleted]) in ids.into_iter().enumerate().take(usize::try_from(steps).unwrap()) {
        assert_eq!(client.get(&path(changed)).unwrap().body["email"], moved(step));
        assert_eq!(client.get(&path(deleted)).unwrap().status, 404);
    }
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
}

/// How many transactions wait for others to end.
fn waiting_for_locks(database: &TestDatabase) -> usize {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    database.psql(waiting).trim().parse().unwrap()
}
