//! The command line as a whole; each command's own arguments are in its file.

use clap::{Parser, Subcommand};

use crate::{serve, store, token};

/// Shopfolk keeps the people of a shop: its customers and every way to reach them.
///
/// One program with its database inside. It speaks the customers part of the Ecwid REST API v3.
#[derive(Debug, Parser)]
#[command(name = "shopfolk", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where the database is [default: sqlite:shopfolk.db]
    ///
    /// Written as sqlite:PATH. A database that is missing is made by `serve` and `store create`.
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
    /// Verifies a database and names everything that is wrong with it
    ///
    /// Prints each violation on a line of its own; the exit status is 1 if there is any. A server may run meanwhile.
    Check,
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
