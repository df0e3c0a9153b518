//! The way to the PostgreSQL server: encryption, whom the program believes, and passwords.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::sync::LazyLock;

use shopfolk_test_postgres::{PostgresServer, Settings};

use harness::{Client, Outcome, Program, SCOPES, Server, create_customer};

/// A server that talks to nobody in the clear.
static SERVER: LazyLock<PostgresServer> =
    LazyLock::new(|| PostgresServer::start_with(Settings { tls: true }));

/// A database on the server that encrypts.
struct Encrypted {
    program: Program,
    address: String,
}

impl Encrypted {
    fn new() -> Self {
        let database = SERVER.create_database();
        let address = format!("127.0.0.1:{}/{}", database.port(), database.name());
        Self { program: Program::new(), address }
    }

    /// Runs a command as a user with a password, which is in the environment.
    fn run(&self, parameters: &str, password: &str, arguments: &[&str]) -> Outcome {
        let mut command = self.program.bare();
        command.env("SHOPFOLK_DATABASE", format!("postgres://shopfolk@{}?{parameters}", self.address));
        Outcome::of(command.env("PGPASSWORD", password).args(arguments))
    }
}

fn ca() -> String {
    format!("sslrootcert={}", SERVER.ca_certificate().display())
}

#[test]
fn a_server_that_is_believed_is_used_and_another_one_is_not() {
    let encrypted = Encrypted::new();
    let create = ["store", "create", "--name", "A shop"];
    for (mode, id) in [
        ("sslmode=require".to_owned(), "1\n"),
        (format!("sslmode=verify-full&{}", ca()), "2\n"),
        (format!("sslmode=verify-ca&{}", ca()), "3\n"),
        ("sslmode=prefer".to_owned(), "4\n"),
        (String::new(), "5\n"),
    ] {
        assert_eq!(encrypted.run(&mode, PostgresServer::PASSWORD, &create).succeeded().stdout, id, "{mode}");
    }
    for (mode, said) in [
        // The system believes many, but not the authority of this test.
        ("sslmode=verify-full".to_owned(), "certificate"),
        ("sslmode=verify-ca".to_owned(), "certificate"),
        ("sslmode=verify-full&sslrootcert=/nowhere/ca.pem".to_owned(), "/nowhere/ca.pem"),
        ("sslmode=disable".to_owned(), "no encryption"),
    ] {
        let line = encrypted.run(&mode, PostgresServer::PASSWORD, &create).failed(1);
        assert!(line.contains(said), "{mode}: {line}");
        assert!(!line.contains(PostgresServer::PASSWORD), "{line}");
    }
}

#[test]
fn a_wrong_password_is_an_error_that_does_not_repeat_it() {
    let encrypted = Encrypted::new();
    let migrate = |password: &str| encrypted.run("sslmode=require", password, &["migrate"]);
    let line = migrate("hunter2").failed(1);
    assert!(line.contains("password authentication failed"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
    let mut without = encrypted.program.bare();
    without.env("SHOPFOLK_DATABASE", format!("postgres://shopfolk@{}?sslmode=require", encrypted.address));
    let line = Outcome::of(without.arg("migrate")).failed(1);
    assert!(line.contains("password"), "{line}");
    // What the address says goes before the environment.
    let address = format!("postgres://shopfolk:hunter2@{}?sslmode=require", encrypted.address);
    let mut command = encrypted.program.bare();
    command.env("PGPASSWORD", PostgresServer::PASSWORD).args(["migrate", "--database", &address]);
    let line = Outcome::of(&mut command).failed(1);
    assert!(line.contains("password authentication failed") && !line.contains("hunter2"), "{line}");
    migrate(PostgresServer::PASSWORD).succeeded();
}

#[test]
fn a_node_serves_over_verified_connections_with_the_password_in_the_address() {
    let encrypted = Encrypted::new();
    let password = PostgresServer::PASSWORD.replace(' ', "%20");
    let url = format!("postgres://shopfolk:{password}@{}?sslmode=verify-full&{}", encrypted.address, ca());
    let program = Program::at(&url);
    program.run(&["store", "create", "--id", "1003", "--name", "A shop"]).succeeded();
    let token = program.create_token(SCOPES);
    let server = Server::start(&program, &["--log-level", "debug"]);
    create_customer(&Client::new(server.address, &token), "anna@example.com");
    let said = server.stop();
    assert!(!said.contains(PostgresServer::PASSWORD) && !said.contains(&password), "{said}");
    program.run(&["check"]).succeeded();
}
