//! Exports are there whole or not at all, whatever ends them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use harness::{Outcome, PATIENCE, Program, eventually};

on_each_engine! {
    an_export_that_is_stopped_leaves_nothing_and_its_exit_status_says_so,
    an_export_to_stdout_that_is_stopped_says_so,
}

/// A store with so many customers that an export of them does not fit into what a pipe and the program hold back.
fn with_customers(program: &Program) {
    program.run(&["store", "create", "--id", "1", "--name", "A shop"]).succeeded();
    program.run(&["generate", "--store", "1", "--customers", "3000"]).succeeded();
}

fn names(program: &Program) -> Vec<String> {
    let names = fs::read_dir(program.directory()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("customers")).collect()
}

/// An export to a file that has begun and is held.
fn held_export(program: &Program, file: &str) -> Child {
    let mut command = program.command(&["export", "--store", "1", file]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("a file beside", PATIENCE, || (!names(program).is_empty()).then_some(()));
    signal(&child, Signal::STOP);
    child
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn an_export_that_is_stopped_leaves_nothing_and_its_exit_status_says_so(program: Program) {
    with_customers(&program);
    for (stop, status, name) in [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM")] {
        let held = held_export(&program, "customers.csv");
        signal(&held, stop);
        signal(&held, Signal::CONT);
        let said = Outcome::from(held.wait_with_output().unwrap()).failed(status);
        assert!(said.starts_with(&format!("stopped by {name}: ")), "{said}");
        assert_eq!(names(&program), [""; 0]);
    }
    let mut killed = held_export(&program, "customers.csv");
    killed.kill().unwrap();
    killed.wait().unwrap();
    let [left] = &names(&program)[..] else { panic!("{:?}", names(&program)) };
    assert!(left.starts_with("customers.csv.") && left.ends_with(".partial"), "{left}");
    // What it left is in nobody's way.
    program.run(&["export", "--store", "1", "customers.csv"]).succeeded();
    assert!(names(&program).contains(&"customers.csv".to_owned()));
}

fn an_export_to_stdout_that_is_stopped_says_so(program: Program) {
    with_customers(&program);
    let mut command = program.command(&["export", "--store", "1", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    // It waits for the pipe to be read from then on.
    stdout.read_exact(&mut [0]).unwrap();
    signal(&child, Signal::INT);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(String::from_utf8_lossy(&rest).lines().count() < 3_000);
    let said = Outcome::from(child.wait_with_output().unwrap()).failed(130);
    assert!(said.starts_with("stopped by SIGINT: "), "{said}");
}

#[test]
fn an_export_that_cannot_be_written_leaves_nothing() {
    let program = Program::new();
    with_customers(&program);
    let plain = program.command(&["export", "--store", "1", "customers.ndjson"]);
    let mut shell = Command::new("sh");
    // It may write a megabyte to a file, and is told so by an error.
    let limit = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    shell.args(["-c", limit]).arg(plain.get_program()).args(plain.get_args());
    let said = Outcome::of(shell.current_dir(program.directory()).stdin(Stdio::null())).failed(1);
    assert!(said.starts_with("cannot write 'customers.ndjson': "), "{said}");
    assert_eq!(names(&program), [""; 0]);
}
