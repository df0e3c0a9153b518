//! What the command line of an import says.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use shopfolk_api::Empty;
use shopfolk_files::{DateOrder, Dialect, FileOptions, Format, Ignored, TextEncoding};
use shopfolk_model::StoreId;
use shopfolk_operations::{ImportRules, Lists, MatchBy, Missing, Only, Unfit, WithoutEmail};

/// Into which store, and where from.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Brings customers from a file into a store

The file is a table (CSV), JSON as the API shows customers (a line each, an array, or a saved page), or vCards; which of them is told \
by its content. Tables of Shopify, WooCommerce, Magento, PrestaShop, BigCommerce, Ecwid, Mailchimp, Brevo, HubSpot, Google \
Contacts, Outlook, Thunderbird and Square are known by their columns; others have columns named as people name them, or like the \
fields of the API: email, billingPerson.city, contacts[0].type, extrafields[TITLE]. Before anything is written it is shown what \
each column is taken for; one that nobody knows stops the import before it begins.

A customer who is there is found by externalReferenceId, then by e-mail address, then, where a row has neither, by a contact, and is \
changed by what the row says; one who is not is created. Ids in a file are another system's and are passed over. An empty cell says \
nothing. Contacts and addresses are added to those that are there. What changes nothing writes nothing, so the command is safe \
to repeat, and one that was interrupted goes on when it is run again.

What does not fit into a field is left out and told, and the rest of the row is taken. A row that cannot be taken is rejected: it is \
written to a file beside, with its line and all reasons, to be mended and imported again, and the import goes on. The exit status is \
3 then.",
    after_help = "\
Examples:
  shopfolk import --store 1 customers.csv
  shopfolk import --store 1 --dry-run shopify-export.csv
  shopfolk import --write-map members.csv > members.toml
  shopfolk import --store 1 --map members.toml members.csv
  zcat customers.ndjson.gz | shopfolk import --store 1 -"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Arguments {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE", required_unless_present = "write_map")]
    pub(super) store: Option<StoreId>,
    /// The file to read; - is stdin
    #[arg(env = "SHOPFOLK_FILE")]
    pub(super) file: PathBuf,
    /// Does all of it but the writing, and tells what would become of the rows
    #[arg(long, env = "SHOPFOLK_DRY_RUN")]
    pub(super) dry_run: bool,
    /// What the file is [default: told by its content]
    #[arg(long, value_enum, env = "SHOPFOLK_FORMAT", help_heading = "Reading")]
    format: Option<FormatName>,
    /// In which letters a file is written, such as windows-1252 or utf-16le [default: UTF-8 where it is, else windows-1252]
    #[arg(long, value_name = "NAME", env = "SHOPFOLK_ENCODING", help_heading = "Reading")]
    encoding: Option<TextEncoding>,
    /// What parts the cells of a table: one character, or tab [default: found in the header]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter, env = "SHOPFOLK_DELIMITER", help_heading = "Reading")]
    delimiter: Option<u8>,
    /// A file that says what each column is taken for
    #[arg(long, value_name = "FILE", env = "SHOPFOLK_MAP", help_heading = "Reading")]
    map: Option<PathBuf>,
    /// Writes a first map for the table to stdout, and imports nothing
    #[arg(long, env = "SHOPFOLK_WRITE_MAP", help_heading = "Reading")]
    pub(super) write_map: bool,
    /// A column or field to leave out; may be given several times
    #[arg(long, value_name = "COLUMN", env = "SHOPFOLK_IGNORE", help_heading = "Reading")]
    ignore: Vec<String>,
    /// Leaves out every column or field that is unknown
    #[arg(long, env = "SHOPFOLK_IGNORE_UNKNOWN", help_heading = "Reading")]
    ignore_unknown: bool,
    /// What comes first in dates that can be read in two ways, such as 3/4/2024
    #[arg(long, value_enum, env = "SHOPFOLK_DATES", help_heading = "Reading")]
    dates: Option<DatesName>,
    /// Puts what has no place in a customer into privateAdminNotes (vCards)
    #[arg(long, env = "SHOPFOLK_KEEP_REST", help_heading = "Reading")]
    keep_rest: bool,
    /// What an empty cell or field says
    #[arg(long, value_enum, env = "SHOPFOLK_EMPTY", default_value = "keeps", help_heading = "Reading")]
    empty: EmptyName,
    /// Rejects a row of which something does not fit
    #[arg(long, env = "SHOPFOLK_STRICT", help_heading = "Reading")]
    strict: bool,
    /// What tells that a row means a customer who is there, in this order [default: externalReferenceId,email, then contact for rows
    /// without either]
    #[arg(
        long = "match",
        value_name = "KEYS",
        value_delimiter = ',',
        value_enum,
        env = "SHOPFOLK_MATCH",
        help_heading = "Writing"
    )]
    match_by: Vec<MatchName>,
    /// What becomes of contacts and addresses that the file does not name
    #[arg(long, value_enum, env = "SHOPFOLK_LISTS", default_value = "add", help_heading = "Writing")]
    lists: ListsName,
    /// Creates customers only, or changes those that are there only
    #[arg(long, value_enum, env = "SHOPFOLK_ONLY", help_heading = "Writing")]
    only: Option<OnlyName>,
    /// What becomes of new customers without an e-mail address
    #[arg(
        long,
        value_enum,
        env = "SHOPFOLK_WITHOUT_EMAIL",
        default_value = "keep",
        help_heading = "Writing"
    )]
    without_email: WithoutEmailName,
    /// Makes no groups that the store does not have
    #[arg(long, env = "SHOPFOLK_NO_NEW_GROUPS", help_heading = "Writing")]
    no_new_groups: bool,
    /// Makes no extra fields that the store does not have
    #[arg(long, env = "SHOPFOLK_NO_NEW_FIELDS", help_heading = "Writing")]
    no_new_fields: bool,
    /// Where rejected rows are written [default: FILE.rejected.csv, .ndjson or .vcf]
    #[arg(long, value_name = "FILE", env = "SHOPFOLK_REJECTED", help_heading = "Writing")]
    pub(super) rejected: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Csv,
    Ndjson,
    Json,
    Vcard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DatesName {
    /// The day: 3/4 is the third of April.
    Dmy,
    /// The month: 3/4 is the fourth of March.
    Mdy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EmptyName {
    /// Nothing: what is there stays.
    Keeps,
    /// That what is there is cleared.
    Clears,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MatchName {
    #[value(name = "externalReferenceId")]
    ExternalReferenceId,
    Email,
    Contact,
    Id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListsName {
    /// They stay.
    Add,
    /// They go.
    Replace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnlyName {
    Create,
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WithoutEmailName {
    /// They are created.
    Keep,
    /// Their rows are rejected.
    Reject,
}

/// One character that parts cells.
fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        (_, &[one]) if one.is_ascii() && !one.is_ascii_alphanumeric() && one != b'"' => Ok(one),
        _ => Err("must be one character, such as ; or |, or tab".to_owned()),
    }
}

impl Arguments {
    /// How the file is read.
    ///
    /// # Errors
    /// When the map cannot be read.
    pub(super) fn file_options(&self) -> Result<FileOptions> {
        let map = self.map.as_ref().map(|path| {
            let text =
                fs::read_to_string(path).with_context(|| format!("cannot read '{}'", path.display()))?;
            text.parse::<Dialect>().with_context(|| format!("cannot take '{}' for a map", path.display()))
        });
        Ok(FileOptions {
            format: self.format.map(|format| match format {
                FormatName::Csv => Format::Csv,
                FormatName::Ndjson => Format::Ndjson,
                FormatName::Json => Format::Json,
                FormatName::Vcard => Format::Vcard,
            }),
            encoding: self.encoding,
            delimiter: self.delimiter,
            map: map.transpose()?,
            ignored: Ignored { names: self.ignore.clone(), unknown: self.ignore_unknown },
            empty: match self.empty {
                EmptyName::Keeps => Empty::SaysNothing,
                EmptyName::Clears => Empty::Clears,
            },
            strict: self.strict,
            dates: self.dates.map(|dates| match dates {
                DatesName::Dmy => DateOrder::Dmy,
                DatesName::Mdy => DateOrder::Mdy,
            }),
            keep_rest: self.keep_rest,
            store: None,
        })
    }

    /// What is done with what the file says. `same_store` says whether it is of this very store.
    pub(super) fn rules(&self, same_store: bool) -> ImportRules {
        let made = |is_not: bool| if is_not { Missing::LeaveOut } else { Missing::Make };
        let asked: Vec<_> = self.match_by.iter().copied().map(MatchName::key).collect();
        let usual = ImportRules::default().match_by;
        let match_by = match (asked.is_empty(), same_store) {
            (false, _) => asked,
            (true, true) => [vec![MatchBy::Id], usual].concat(),
            (true, false) => usual,
        };
        ImportRules {
            match_by,
            lists: match self.lists {
                ListsName::Add => Lists::Add,
                ListsName::Replace => Lists::Replace,
            },
            only: self.only.map(|only| match only {
                OnlyName::Create => Only::Create,
                OnlyName::Update => Only::Update,
            }),
            new_groups: made(self.no_new_groups),
            new_fields: made(self.no_new_fields),
            without_email: match self.without_email {
                WithoutEmailName::Keep => WithoutEmail::Keep,
                WithoutEmailName::Reject => WithoutEmail::Reject,
            },
            unfit: if self.strict { Unfit::RejectLine } else { Unfit::LeaveOut },
            same_store,
            dry_run: self.dry_run,
        }
    }
}

impl MatchName {
    const fn key(self) -> MatchBy {
        match self {
            Self::ExternalReferenceId => MatchBy::ExternalReferenceId,
            Self::Email => MatchBy::Email,
            Self::Contact => MatchBy::Contact,
            Self::Id => MatchBy::Id,
        }
    }
}
