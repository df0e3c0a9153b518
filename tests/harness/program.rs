//! The built program and a directory for its database.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::STORE;

/// The program with a database of its own, which is removed at the end.
pub struct Program {
    directory: TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    pub fn database(&self) -> PathBuf {
        self.directory.path().join("shop.db")
    }

    pub fn database_url(&self) -> String {
        format!("sqlite:{}", self.database().display())
    }

    /// The program, free of the settings of whoever runs the tests, in the directory of the database.
    pub fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shopfolk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SHOPFOLK_")) {
            command.env_remove(name);
        }
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command
    }

    /// The program on its database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare();
        command.args(arguments).args(["--database", &self.database_url()]);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(arguments))
    }

    /// Makes a token for the store.
    pub fn create_token(&self, scopes: &str) -> String {
        let store = STORE.to_string();
        self.run(&["token", "create", "--store", &store, "--scopes", scopes])
            .succeeded()
            .stdout
            .trim()
            .to_owned()
    }
}

impl Outcome {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// What the program said in one line about why it failed with this status.
    pub fn failed(self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.stdout, "", "an error does not go to stdout");
        let line = self.stderr.strip_prefix("shopfolk: ").and_then(|line| line.strip_suffix('\n'));
        let line = line.unwrap_or_else(|| panic!("not a line of ours: {:?}", self.stderr));
        assert!(!line.contains('\n'), "more than a line: {line}");
        line.to_owned()
    }
}
