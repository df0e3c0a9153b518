//! How the program says what went wrong: one line on stderr, and an exit status that tells whose mistake it was.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::anyhow;
use clap::error::ErrorKind;
use shopfolk_operations::OperationError;

use crate::shutdown::Stopped;

/// The exit status of a command line that is wrong.
const USAGE: u8 = 2;

/// The command line asks for something that cannot be.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Why a command could not do its operation, and what to do about it.
pub(crate) fn explain(error: OperationError) -> anyhow::Error {
    let advice = match error {
        OperationError::StoreExists { .. } => "choose another --id, or leave it out to get the next free one",
        OperationError::StoreNotFound { .. } => {
            "'shopfolk store list' shows the stores that there are, 'shopfolk store create' makes one"
        }
        OperationError::TokenNotFound { .. } => {
            "'shopfolk token list --store N' shows the tokens that a store has"
        }
        OperationError::AppNotFound { .. } => "'shopfolk app list' shows the apps that there are",
        OperationError::AppNotInstalled { .. } => {
            "'shopfolk app list --store N' shows the apps that a store let in"
        }
        OperationError::OwnerExists { .. } => "'shopfolk owner change-password' gives another password",
        OperationError::OwnerNotFound { .. } => {
            "'shopfolk owner list --store N' shows the owners that a store has"
        }
        other => return other.into(),
    };
    anyhow!("{error}; {advice}")
}

/// Says what went wrong, with its causes.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    say(&format!("{error:#}"));
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        return ExitCode::from(stopped.signal.exit_status());
    }
    if error.is::<UsageError>() { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
}

/// Says what is wrong with the command line, or shows the help that was asked for.
pub(crate) fn report_arguments(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Nobody is left to tell when even this cannot be written.
            let _ = error.print();
        }
        _ => say(&one_line(&error.to_string())),
    }
    // Help that was asked for is no mistake, and clap knows the difference.
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// What clap says over several paragraphs, without the usage, as one line.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for paragraph in text.trim().split("\n\n") {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        if words.first() == Some(&"Usage:") {
            continue;
        }
        if !line.is_empty() {
            line.push_str("; ");
        }
        line.push_str(words.join(" ").trim_start_matches("error: ").trim_end_matches('.'));
    }
    line.replace("; For more information,", "; for more information,")
}

/// Writes a line to stderr, whatever there is in it.
fn say(text: &str) {
    let text = text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
    let line = text.collect::<Vec<_>>().join(" ");
    // Nobody is left to tell when even this cannot be written.
    let _ = writeln!(io::stderr().lock(), "shopfolk: {line}");
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::Arguments;

    fn said_of(arguments: &[&str]) -> String {
        let program = ["shopfolk"].iter().chain(arguments);
        one_line(&Arguments::try_parse_from(program).unwrap_err().to_string())
    }

    #[test]
    fn what_is_wrong_with_the_command_line_is_one_line() {
        assert_eq!(
            said_of(&["store", "create"]),
            "the following required arguments were not provided: --name <NAME>; for more information, try '--help'"
        );
        assert_eq!(
            said_of(&["serve", "--demmo"]),
            "unexpected argument '--demmo' found; tip: a similar argument exists: '--demo'; for more information, try \
             '--help'"
        );
        assert!(
            said_of(&["store", "create", "--name", "x", "--id", "-1"])
                .starts_with("unexpected argument '-1'")
        );
    }
}
