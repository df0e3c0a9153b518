//! The command line: what each command does, says and leaves behind, alone and beside a running server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::process::Command;
use std::thread;

use serde_json::Value;

use harness::{Outcome, Program, SCOPES, STORE, Server, Shop};

on_each_engine! {
    a_store_is_created_listed_suspended_and_resumed,
    a_store_that_is_not_there_has_nothing_to_show,
    a_token_is_shown_once_and_listed_without_its_secret,
    an_app_is_registered_let_in_and_shut_out,
    an_owner_is_added_with_a_password_from_stdin,
    check_finds_a_sound_database_sound_and_names_what_is_broken,
    serving_an_empty_database_says_what_to_do_next_and_it_works,
    migrate_makes_the_tables_once_however_often_and_at_once_it_runs,
    health_says_whether_a_server_is_ready,
    a_database_of_a_later_release_is_refused,
}

#[test]
fn help_tells_what_there_is() {
    let program = Program::new();
    let help = Outcome::of(program.bare().arg("--help")).succeeded().stdout;
    for word in [
        "serve",
        "store",
        "token",
        "copy",
        "check",
        "migrate",
        "health",
        "openapi",
        "--database",
        "Examples:",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(Outcome::of(program.bare().arg("--version")).succeeded().stdout.starts_with("shopfolk "));
}

/// The program where only so many files may be open.
fn with_open_files(program: &Program, files: u32, arguments: &[&str]) -> Command {
    let inner = program.command(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {files} && exec \"$@\""), "sh"]);
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(program.directory());
    command
}

#[test]
fn only_who_asks_for_more_connections_than_fit_is_warned() {
    let program = Program::new();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for (more, warned) in [
        (&[][..], false),
        (&["--demo"], false),
        (&["--max-connections", "100"], false),
        (&["--max-connections", "20000"], true),
    ] {
        let arguments = [&serve[..], more].concat();
        let server = Server::start_command(&mut with_open_files(&program, 1_024, &arguments));
        let said = server.stop();
        assert_eq!(said.contains("WARN"), warned, "{more:?}: {said}");
        assert_eq!(said.contains("open files"), warned, "{more:?}: {said}");
    }
}

#[test]
fn a_wrong_command_line_is_status_2_and_one_line() {
    let program = Program::new();
    for (arguments, said) in [
        (&["shop"][..], "shop"),
        (&["store", "create"], "--name"),
        (&["store", "create", "--name", ""], "--name"),
        (&["store", "create", "--name", "A shop", "--id", "x"], "must be a decimal integer"),
        (&["store", "suspend"], "--id"),
        (&["token", "create", "--store", "1"], "--scopes"),
        (&["token", "create", "--store", "1", "--scopes", "read_all"], "'read_all' is not an access scope"),
        (&["token", "revoke", "--store", "1"], "--id"),
        (&["serve", "--listen", "nowhere"], "127.0.0.1:8080"),
        (&["serve", "--rate-limit", "many"], "600/min"),
        (&["serve", "--log", "xml"], "json"),
        (&["serve", "--log-level", "all"], "debug"),
        (&["serve", "--max-connections", "0"], "--max-connections"),
        (&["serve", "--demo", "--listen", "0.0.0.0:0"], "everybody knows its token"),
        (&["serve", "--demo", "--listen", "[::]:0"], "everybody knows its token"),
        (&["check", "--database", "mysql://shop:hunter2@db/shop"], "sqlite:PATH"),
        (&["check", "--database", "postgres://shop:hunter2@db"], "names no database"),
        (&["check", "--database", "postgres://shop:hunter2@db/shop?sslmode=no"], "verify-full"),
        (&["migrate", "--citus"], "for a PostgreSQL database"),
        (&["serve", "--database-connections", "0"], "--database-connections"),
        (&["check", "--database", "shop.db"], "sqlite:PATH"),
    ] {
        let line = Outcome::of(program.bare().args(arguments)).failed(2);
        assert!(line.contains(said), "{arguments:?}: {line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    assert_eq!(std::fs::read_dir(program.directory()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_missing_database_is_an_error_and_stays_missing() {
    let program = Program::new();
    for arguments in [
        &["store", "list"][..],
        &["store", "suspend", "--id", "1"],
        &["token", "list", "--store", "1"],
        &["token", "create", "--store", "1", "--scopes", "read_customers"],
        &["check"],
    ] {
        let line = program.run(arguments).failed(1);
        assert!(line.contains("there is no database at") && line.contains("store create"), "{line}");
    }
    assert!(!program.database().exists());
    assert!(program.run(&["store", "create", "--name", "A shop"]).succeeded().stdout == "1\n");
}

#[test]
fn a_database_that_cannot_be_is_an_error_that_says_why() {
    let program = Program::new();
    std::fs::write(
        program.directory().join("text.db"),
        "this is a text and not a database at all ".repeat(100),
    )
    .unwrap();
    for (database, said) in
        [("missing/shop.db", "no directory missing"), (".", "is a directory"), ("text.db", "not a database")]
    {
        let database = format!("sqlite:{database}");
        let line =
            Outcome::of(program.bare().args(["store", "create", "--name", "x", "--database", &database]))
                .failed(1);
        assert!(line.contains(said), "{line}");
    }
}

#[test]
fn options_come_from_the_environment_too() {
    let program = Program::new();
    let named = |name: &str| format!("sqlite:{}", program.directory().join(name).display());
    let mut create = program.bare();
    create.args(["store", "create"]).env("SHOPFOLK_DATABASE", named("a.db"));
    Outcome::of(create.env("SHOPFOLK_STORE", "7").env("SHOPFOLK_STORE_NAME", "A shop")).succeeded();
    let list = |arguments: &[&str]| {
        let mut list = program.bare();
        list.args(["store", "list"]).args(arguments).env("SHOPFOLK_DATABASE", named("a.db"));
        Outcome::of(list.env("SHOPFOLK_JSON", "1"))
    };
    let stores: Value = serde_json::from_str(&list(&[]).succeeded().stdout).unwrap();
    assert_eq!((&stores[0]["id"], &stores[0]["name"]), (&7.into(), &"A shop".into()));
    assert!(list(&["--database", &named("b.db")]).failed(1).contains("b.db"), "what is said goes before");

    let mut serve = program.bare();
    serve.arg("serve").env("SHOPFOLK_DEMO", "yes");
    assert!(Outcome::of(serve.env("SHOPFOLK_LISTEN", "0.0.0.0:0")).failed(2).contains("--demo"));
}

fn a_store_is_created_listed_suspended_and_resumed(program: Program) {
    let create = |arguments: &[&str]| program.run(&[&["store", "create"], arguments].concat());
    assert_eq!(create(&["--name", "First"]).succeeded().stdout, "1\n");
    assert_eq!(create(&["--name", "Großer Laden", "--id", "1003"]).succeeded().stdout, "1003\n");
    assert_eq!(create(&["--name", "Next"]).succeeded().stdout, "1004\n");
    let line = create(&["--name", "Again", "--id", "1003"]).failed(1);
    assert!(line.starts_with("Store #1003 already exists; "), "{line}");

    let suspended = program.run(&["store", "suspend", "--id", "1003"]).succeeded();
    assert!(suspended.stderr.contains("suspended"));
    assert_eq!(states(&program), [(1, false), (1003, true), (1004, false)]);
    program.run(&["store", "resume", "--id", "1003"]).succeeded();
    assert_eq!(states(&program), [(1, false), (1003, false), (1004, false)]);
    let line = program.run(&["store", "suspend", "--id", "2"]).failed(1);
    assert!(line.starts_with("Store #2 not found; "), "{line}");

    let table = program.run(&["store", "list"]).succeeded().stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("ID    STATE  CREATED"), "{table}");
    assert!(lines[2].starts_with("1003  open   20") && lines[2].ends_with("  Großer Laden"), "{table}");
}

fn a_store_that_is_not_there_has_nothing_to_show(program: Program) {
    program.run(&["store", "create", "--name", "First"]).succeeded();
    for command in [
        &["app", "list"][..],
        &["webhooks", "list"],
        &["webhooks", "show", "1"],
        &["webhooks", "replay", "--failed"],
        &["clock", "show"],
        &["clock", "advance", "24h"],
        &["clock", "reset"],
    ] {
        let line = program.run(&[command, &["--store", "9"]].concat()).failed(1);
        assert!(line.starts_with("Store #9 not found; "), "{command:?}: {line}");
    }
}

fn states(program: &Program) -> Vec<(u64, bool)> {
    let stores = program.run(&["store", "list", "--json"]).succeeded().stdout;
    let stores: Vec<Value> = serde_json::from_str(&stores).unwrap();
    stores
        .iter()
        .map(|store| (store["id"].as_u64().unwrap(), store["suspended"].as_bool().unwrap()))
        .collect()
}

fn an_app_is_registered_let_in_and_shut_out(program: Program) {
    let shop = Shop::with(program);
    let on_postgres = shop.program.is_on_postgres();
    let run = |arguments: &[&str]| {
        let mut command = shop.program.command(arguments);
        // A file beside the database has the key, where there is one.
        if on_postgres {
            command.env("SHOPFOLK_KEY", "07".repeat(32));
        }
        Outcome::of(&mut command)
    };
    let json = |outcome: Outcome| serde_json::from_str::<Value>(&outcome.succeeded().stdout).unwrap();
    let create = [
        &["app", "create", "--name", "My app", "--scopes", "read_customers,read_catalog,public_storefront"][..],
        &["--redirect-url", "https://app.example/cb", "--webhook-url", "https://app.example/hooks"],
        &["--events", "customer.created,order.created", "--webhook-header", "X-Key: hunter2", "--json"],
    ];
    let created = run(&create.concat());
    let made = json(created);
    let names: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["clientId", "clientSecret"]);
    let (app, secret) = (made["clientId"].as_str().unwrap(), made["clientSecret"].as_str().unwrap());
    assert!(app.starts_with("app-") && secret.len() == 40, "{made}");
    if on_postgres {
        let without = shop.program.run(&["app", "rotate-secret", "--app", app]).failed(1);
        assert!(without.contains("SHOPFOLK_KEY"), "{without}");
    } else {
        let key = shop.program.database().with_file_name(format!(
            "{}-key",
            shop.program.database().file_name().unwrap().to_str().unwrap()
        ));
        let permissions =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(key).unwrap().permissions());
        assert_eq!(permissions & 0o777, 0o600);
        let database = std::fs::read(shop.program.database()).unwrap();
        assert!(
            !database.windows(40).any(|bytes| bytes == secret.as_bytes()),
            "the secret is in the database"
        );
    }
    let shown = json(run(&["app", "show", "--app", app, "--json"]));
    assert_eq!(shown["scopes"], serde_json::json!(["read_customers", "read_catalog", "public_storefront"]));
    assert_eq!(shown["webhooks"][0]["events"], serde_json::json!(["customer.created", "order.created"]));
    assert!(!shown.to_string().contains("hunter2") && !shown.to_string().contains(secret), "{shown}");

    let store = STORE.to_string();
    let installed = json(run(&["app", "install", "--app", app, "--store", &store, "--json"]));
    assert!(installed["secretToken"].as_str().unwrap().starts_with("secret_"), "{installed}");
    assert!(installed["publicToken"].as_str().unwrap().starts_with("public_"), "{installed}");
    let listed = run(&["app", "list", "--store", &store]).succeeded().stdout;
    assert!(listed.contains(app) && listed.contains("read_catalog"), "{listed}");
    let tokens = run(&["token", "list", "--store", &store]).succeeded().stdout;
    assert_eq!(tokens.matches(app).count(), 2, "{tokens}");

    let change = ["app", "change", "--app", app, "--name", "Another", "--remove-webhook-url"];
    let changed = run(&[&change[..], &["https://app.example/hooks"]].concat()).succeeded().stdout;
    assert!(changed.contains("Another") && !changed.contains("hooks"), "{changed}");
    let rotated = json(run(&["app", "rotate-secret", "--app", app, "--json"]));
    assert_ne!(rotated["clientSecret"].as_str(), Some(secret));
    run(&["app", "uninstall", "--app", app, "--store", &store]).succeeded();
    let gone = run(&["app", "uninstall", "--app", app, "--store", &store]).failed(1);
    assert!(gone.contains("is not installed in the store; "), "{gone}");
    run(&["app", "install", "--app", app, "--store", &store]).succeeded();
    assert!(run(&["app", "delete", "--app", app]).succeeded().stderr.contains("installed in 1 stores"));
    assert!(run(&["app", "show", "--app", app]).failed(1).contains("not found; "));
    let stores = run(&["store", "list"]).succeeded().stdout;
    assert_eq!(stores.lines().count(), 2, "the platform is no store: {stores}");
    for wrong in [["--redirect-url", "javascript:alert(1)"], ["--webhook-url", "http://app.example:22/"]] {
        run(&[&["app", "create", "--name", "A", "--scopes", "a"][..], &wrong].concat()).failed(2);
    }
    run(&["check"]).succeeded();
}

fn an_owner_is_added_with_a_password_from_stdin(program: Program) {
    let shop = Shop::with(program);
    let store = STORE.to_string();
    let owner = |command: &str, password: &str| {
        let arguments = ["owner", command, "--store", &store, "--email", "anna@example.com"];
        shop.program.run_with_input(&arguments, password.as_bytes())
    };
    assert!(owner("create", "short\n").failed(2).contains("10 to 1000 characters"));
    owner("create", "correct horse\n").succeeded();
    assert!(owner("create", "correct horse\n").failed(1).contains("already exists; "));
    owner("change-password", "another horse\n").succeeded();
    let list = || shop.program.run(&["owner", "list", "--store", &store]).succeeded().stdout;
    assert!(list().contains("anna@example.com") && !list().contains("argon2"), "{}", list());
    owner("delete", "").succeeded();
    assert!(owner("delete", "").failed(1).contains("not found; "));
    shop.program.run(&["check"]).succeeded();
}

fn a_token_is_shown_once_and_listed_without_its_secret(program: Program) {
    let shop = Shop::with(program);
    let store = STORE.to_string();
    let create = |arguments: &[&str]| {
        shop.program.run(&[&["token", "create", "--store", &store, "--scopes"], arguments].concat())
    };
    let public = create(&["read_store_profile", "--public"]).succeeded();
    let token = public.stdout.strip_suffix('\n').unwrap();
    let letters = token.strip_prefix("public_").unwrap();
    assert!(letters.len() == 32 && letters.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    assert!(!public.stderr.contains(token), "only on stdout");

    let list = |arguments: &[&str]| {
        shop.program.run(&[&["token", "list", "--store", &store], arguments].concat()).succeeded().stdout
    };
    let tokens: Vec<Value> = serde_json::from_str(&list(&["--json"])).unwrap();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0]["scopes"].as_array().unwrap().len(), SCOPES.split(',').count());
    assert_eq!((&tokens[1]["id"], &tokens[1]["kind"]), (&2.into(), &"public".into()));
    assert_eq!(tokens[1]["lastUsed"], Value::Null);
    let table = list(&[]);
    assert!(table.lines().next().unwrap().starts_with("ID  KIND    CREATED"), "{table}");
    assert!(table.contains("never") && table.contains("read_store_profile"), "{table}");
    for shown in [list(&[]), list(&["--json"])] {
        assert!(!shown.contains(letters) && !shown.contains(&shop.token), "{shown}");
    }

    for (arguments, said) in [
        (&["token", "list", "--store", "9"][..], "Store #9 not found; "),
        (&["token", "create", "--store", "9", "--scopes", "read_customers"], "Store #9 not found; "),
        (&["token", "revoke", "--store", &store, "--id", "9"], "Token #9 not found; "),
    ] {
        let line = shop.program.run(arguments).failed(1);
        assert!(line.starts_with(said), "{line}");
    }
}

fn check_finds_a_sound_database_sound_and_names_what_is_broken(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    harness::create_customer(&shop.client(&server), "anna@example.com");
    let sound = shop.program.run(&["check"]).succeeded();
    assert_eq!(sound.stdout, "");
    assert!(sound.stderr.contains("everything holds"), "{sound:?}");
    server.stop();

    shop.program.execute("UPDATE customers SET contact_count = 7; DELETE FROM events");
    let broken = shop.program.run(&["check"]);
    assert_eq!(broken.status, 1, "{broken:?}");
    let lines: Vec<&str> = broken.stdout.lines().collect();
    assert!(lines.len() >= 2 && lines.iter().all(|line| line.starts_with("broken: ")), "{broken:?}");
    assert!(broken.stdout.contains("store 1003"), "{broken:?}");
    assert!(broken.stderr.contains(&format!("{} violations", lines.len())), "{broken:?}");
}

#[test]
fn openapi_prints_a_document_of_version_3_1() {
    let document = Outcome::of(Program::new().bare().arg("openapi")).succeeded().stdout;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    assert!(
        paths.keys().any(|path| path.ends_with("/customers/{customerId}/contacts")),
        "{:?}",
        paths.keys()
    );
}

fn serving_an_empty_database_says_what_to_do_next_and_it_works(program: Program) {
    let server = Server::start(&program, &[]);
    harness::eventually("the next steps", harness::PATIENCE, || {
        server.said().contains("token create").then_some(())
    });
    let said = server.said();
    let steps: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  shopfolk ")).collect();
    assert_eq!(steps.len(), 2, "{said}");
    let mut token = String::new();
    for step in steps {
        // As a shell would read it: what is between quotes is one word.
        let words = step.split('\'').enumerate().flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        let mut command = program.bare();
        if program.is_on_postgres() {
            // Its address can have a password in it, so the steps do not repeat it.
            command.env("SHOPFOLK_DATABASE", program.database_url());
        }
        token = Outcome::of(command.args(words)).succeeded().stdout;
    }
    let client = harness::Client::new(server.address, token.trim());
    assert_eq!(client.get("/api/v3/1/customers").unwrap().status, 200);
    server.stop();
}

#[test]
fn a_database_is_served_once_at_a_time() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let line = shop.program.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(line.contains("another server is running"), "{line}");
    let line = shop.program.run(&["serve", "--listen", &server.address.to_string()]).failed(1);
    assert!(line.contains("cannot listen on") && line.contains("--listen"), "{line}");
}

fn migrate_makes_the_tables_once_however_often_and_at_once_it_runs(program: Program) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| program.run(&["migrate"]).succeeded());
        }
    });
    let migrated = program.run(&["migrate"]).succeeded();
    assert_eq!(migrated.stdout, "");
    assert!(migrated.stderr.contains("the tables are up to date"), "{migrated:?}");
    assert_eq!(program.run(&["store", "list", "--json"]).succeeded().stdout.trim(), "[]");
    program.run(&["store", "create", "--name", "A shop"]).succeeded();
    program.run(&["migrate"]).succeeded();
    assert_eq!(states(&program), [(1, false)], "what is there stays");
    program.run(&["check"]).succeeded();
}

fn health_says_whether_a_server_is_ready(program: Program) {
    let server = Server::start(&program, &[]);
    let listen = server.address.to_string();
    let health = || Outcome::of(program.bare().args(["health", "--listen", &listen]));
    assert_eq!(health().succeeded().stdout, "");
    server.stop();
    let line = health().failed(1);
    assert!(line.contains(&listen) && line.contains("cannot be asked"), "{line}");
}

fn a_database_of_a_later_release_is_refused(program: Program) {
    program.run(&["store", "create", "--name", "A shop"]).succeeded();
    program.execute(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         VALUES (99, 'what_is_to_come', '2030-01-01T00:00:00Z', '1')",
    );
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["store", "list"], &["migrate"], &["check"]]
    {
        let line = program.run(arguments).failed(1);
        assert!(line.contains("later release"), "{line}");
    }
}

#[test]
fn an_empty_database_of_a_server_is_an_error_and_stays_empty() {
    let program = Program::on_postgres();
    for arguments in [
        &["store", "list"][..],
        &["token", "create", "--store", "1", "--scopes", "read_customers"],
        &["check"],
    ] {
        let line = program.run(arguments).failed(1);
        assert!(line.contains("no tables of Shopfolk") && line.contains("shopfolk migrate"), "{line}");
    }
    assert_eq!(program.postgres().psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0\n");
}
