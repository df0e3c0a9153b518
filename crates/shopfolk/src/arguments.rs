//! The command line as a whole; each command's own arguments are in its file.

use clap::{Parser, Subcommand};

use crate::{
    app, copy, export, generate, health, import, lab, migrate, owner, serve, store, test_clock, token,
    webhooks,
};

/// Shopfolk keeps the people of a shop: its customers and every way to reach them.
///
/// One program with its database inside. It speaks the customers part of the Ecwid REST API v3.
#[derive(Debug, Parser)]
#[command(name = "shopfolk", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where the database is [default: sqlite:shopfolk.db]
    ///
    /// Written as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME; of several hosts, HOST1:PORT,HOST2:PORT, the
    /// one that takes writes is used. PGPASSWORD holds the password where the URL has none. A database file that is
    /// missing, and tables that are missing, are made by `serve`, `store create` and `migrate`.
    // Text until the command line is read, so that no message repeats an address that has a password in it.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "SHOPFOLK_DATABASE",
        hide_env_values = true,
        display_order = 100
    )]
    pub(crate) database: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  Try it, with a demo store that is gone at exit:
    shopfolk serve --demo

  Make a store, a token for an app, and serve them:
    shopfolk store create --name 'My shop'
    shopfolk token create --store 1 --scopes read_customers,create_customers
    shopfolk serve

Every option can be given as an environment variable too: see --help of each command.";

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answers HTTP requests until it is told to stop
    Serve(serve::Arguments),
    /// Creates, lists, suspends and resumes stores
    #[command(subcommand)]
    Store(store::Command),
    /// Makes, lists and revokes tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Registers apps, and lets them into stores
    #[command(subcommand)]
    App(app::Command),
    /// Says who owns a store, and may let apps in
    #[command(subcommand)]
    Owner(owner::Command),
    /// Shows what apps were told, and tells it again
    #[command(subcommand)]
    Webhooks(webhooks::Command),
    /// Tries apps with the troubles that deliveries can make
    #[command(subcommand)]
    Lab(lab::Command),
    /// Has time pass in a store, so that webhooks are tried again
    #[command(subcommand)]
    Clock(test_clock::Command),
    /// Copies stores from one database to another, of whichever kind, and verifies the copy
    Copy(copy::Arguments),
    /// Brings customers from a file into a store
    Import(import::Arguments),
    /// Writes the customers of a store, or all that it has, to a file
    ///
    /// One customer a line, in JSON as the API shows it (NDJSON), all as of one moment, behind a line that says which store it
    /// is of; or as a table, or as vCards. A server may run meanwhile.
    Export(export::Arguments),
    /// Adds customers that are made up, to try things with
    ///
    /// The same seed makes the same customers; those whose e-mail address the store has already are passed over, so the
    /// command is safe to repeat.
    Generate(generate::Arguments),
    /// Verifies a database and names everything that is wrong with it
    ///
    /// Prints each violation on a line of its own; the exit status is 1 if there is any. A server may run meanwhile.
    Check,
    /// Makes what searches look through anew, from the rows that it is made of
    ///
    /// For a database of which `check` says that searches do not look through what is there. A server may run meanwhile: it
    /// goes on searching.
    Rebuild,
    /// Brings the tables of a database up to date, as `serve` does when it starts
    Migrate(migrate::Arguments),
    /// Asks a running server whether it is ready; the exit status is 0 if it is
    ///
    /// It finds out by itself whether the server speaks HTTPS. It does not verify the certificate: it knows the server by
    /// its address alone, and tells it no secret.
    Health(health::Arguments),
    /// Prints the OpenAPI document of the API
    Openapi,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_option_is_an_environment_variable_too() {
        fn assert_variables(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                if !["help", "version"].contains(&name) {
                    let variable = argument.get_env().and_then(|variable| variable.to_str());
                    let named = variable.is_some_and(|variable| variable.starts_with("SHOPFOLK_"));
                    assert!(named, "{} {name}: {variable:?}", command.get_name());
                }
            }
            command.get_subcommands().for_each(assert_variables);
        }
        assert_variables(&Arguments::command());
    }
}
