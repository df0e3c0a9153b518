//! `shopfolk token`: what opens a store.

use std::process::ExitCode;

use anyhow::Result;
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use serde_json::json;
use shopfolk_api::Clock;
use shopfolk_model::{
    Actor, ClientId, Day, Scope, ScopeSet, StoreId, Token, TokenId, TokenKind, TokenRecord,
};
use shopfolk_operations::{CreateToken, ListTokens, RevokeToken};
use shopfolk_store::Engine;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;
use crate::random::new_random;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a token and prints it, this once
    ///
    /// The token stands alone on stdout. Only a hash of it is kept: it cannot be shown again.
    #[command(
        after_help = "Example:\n  TOKEN=$(shopfolk token create --store 1 --scopes read_customers,create_customers)"
    )]
    Create(Create),
    /// Lists the tokens of a store, without their secrets
    List(List),
    /// Revokes a token: within seconds it opens nothing
    Revoke(Revoke),
}

/// A token that is to be made.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The id of the store that it opens
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// What it may be used for, with commas between
    #[arg(
        long,
        env = "SHOPFOLK_TOKEN_SCOPES",
        long_help = format!("What it may be used for, with commas between: {}", scopes())
    )]
    scopes: ScopeSet,
    /// A public token, which may stand in a web page and never opens anything about customers
    #[arg(long, env = "SHOPFOLK_TOKEN_PUBLIC", value_parser = BoolishValueParser::new())]
    public: bool,
}

/// How the tokens are listed.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// As JSON instead of a table
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// A token that is to go.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The id of the token, as `token list` shows it
    #[arg(long, value_name = "ID", env = "SHOPFOLK_TOKEN_ID")]
    id: TokenId,
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: Command, database: &DatabaseUrl) -> Result<ExitCode> {
    match command {
        Command::Create(arguments) => create(database, &arguments)?,
        Command::List(List { store, json }) => {
            let tokens =
                database.with(Purpose::Use, |engine| async move { all_tokens(&engine, store).await })?;
            output::print(&if json { as_json(&tokens)? } else { as_table(&tokens) })?;
        }
        Command::Revoke(Revoke { store, id }) => {
            let operation = RevokeToken { id, now: SystemClock.now() };
            database.with(Purpose::Use, |engine| async move {
                engine.write(store, Actor::CommandLine, operation).await.map_err(explain)
            })?;
            output::note(&format!("Token {id} of store {store} is revoked."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn scopes() -> String {
    Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ")
}

fn create(database: &DatabaseUrl, arguments: &Create) -> Result<()> {
    let &Create { store, scopes, public } = arguments;
    let kind = if public { TokenKind::Public } else { TokenKind::Secret };
    let token = Token::generate(kind, &mut new_random()?);
    let operation = CreateToken { store, hash: token.hash(), kind, scopes, now: SystemClock.now() };
    let record = database.with(Purpose::Use, |engine| async move {
        engine.write(store, Actor::CommandLine, operation).await.map_err(explain)
    })?;
    output::print(token.reveal())?;
    output::note(&format!(
        "Token {} of store {store}, {}, for {scopes}. Keep it: it is shown only now.",
        record.id,
        kind.name()
    ));
    Ok(())
}

/// Every token of the store that can be read.
async fn all_tokens(engine: &impl Engine, store: StoreId) -> Result<Vec<TokenRecord>> {
    let (mut tokens, mut damaged, mut after) = (Vec::new(), 0, None);
    while let Some(portion) = engine.read(store, ListTokens { store, after }).await.map_err(explain)? {
        after = Some(portion.through);
        tokens.extend(portion.listed.items);
        damaged += portion.listed.damaged;
    }
    if damaged > 0 {
        output::note(&format!("{damaged} tokens are damaged and left out: 'shopfolk check' names them."));
    }
    Ok(tokens)
}

fn as_table(tokens: &[TokenRecord]) -> String {
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            [
                token.id.to_string(),
                token.kind.name().to_owned(),
                token.created.to_string(),
                token.last_used.map_or_else(|| "never".to_owned(), |day: Day| day.to_string()),
                token.app.map_or_else(String::new, |app| ClientId(app).to_string()),
                token.scopes.to_string(),
            ]
        })
        .collect();
    output::table(["ID", "KIND", "CREATED", "LAST USED", "APP", "SCOPES"], &rows)
}

fn as_json(tokens: &[TokenRecord]) -> Result<String> {
    let tokens: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id.get(),
                "kind": token.kind.name(),
                "scopes": token.scopes.iter().map(Scope::name).collect::<Vec<_>>(),
                "app": token.app.map(|app| ClientId(app).to_string()),
                "created": token.created.to_string(),
                "lastUsed": token.last_used.map(|day| day.to_string()),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&tokens)?)
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{Store, StoreName, StoreProfile, TokenHash};
    use shopfolk_store::{
        Change, Dialect, PORTION, Record, StoreError, StoredToken, Value, WriteOperation, WriteTx,
    };
    use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};

    use super::*;

    /// Keeps tokens of which all but the last are damaged.
    struct KeepDamagedTokens(i64);

    impl WriteOperation for KeepDamagedTokens {
        type Output = ();
        type Error = StoreError;

        async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
            let (id, name) = (StoreId::new(1).unwrap(), StoreName::new("A shop").unwrap());
            let created = SystemClock.now();
            tx.insert(&[Store {
                id,
                name,
                suspended: false,
                created,
                key: None,
                profile: StoreProfile::default(),
            }])
            .await?;
            let row = |number: i64| {
                let mut hash = [0; 32];
                hash[..8].copy_from_slice(&number.to_be_bytes());
                let (id, scopes) = (TokenId::new(number).unwrap(), ScopeSet::default());
                let record =
                    TokenRecord { id, kind: TokenKind::Secret, scopes, app: None, created, last_used: None };
                let token = StoredToken { record, hash: TokenHash::from_stored(hash) };
                let mut row: Vec<_> =
                    token.encode(Dialect::Sqlite).into_iter().map(Value::into_owned).collect();
                if number < self.0 {
                    row[StoredToken::TABLE.place_in(Dialect::Sqlite, "scopes").unwrap()] = "none".into();
                }
                row
            };
            tx.write(Change::Insert(StoredToken::TABLE, (1..=self.0).map(row).collect())).await
        }
    }

    #[tokio::test]
    async fn a_token_behind_a_portion_of_damaged_ones_is_listed() {
        let directory = tempfile::tempdir().unwrap();
        let engine = SqliteEngine::open(&SqliteSettings::new(directory.path().join("shop.db"))).unwrap();
        let (store, last) = (StoreId::new(1).unwrap(), i64::try_from(PORTION).unwrap() + 1);
        engine.write(store, Actor::CommandLine, KeepDamagedTokens(last)).await.unwrap();
        let tokens = all_tokens(&engine, store).await.unwrap();
        assert_eq!(tokens.iter().map(|token| token.id.get()).collect::<Vec<_>>(), [last]);
        engine.close().await.unwrap();
    }
}
