//! What the columns of a table are taken for, before any row is looked at.

use std::collections::HashSet;
use std::fmt;

use shopfolk_api::STORE_COLUMN;
use shopfolk_model::unique_key;

use crate::dialect::{Dialect, Mapping, Meaning, Target, own_fields, plain};
use crate::read::REPORT_COLUMNS;
use crate::values::DateOrder;

/// Which columns, or fields, of a file may be left out though nobody knows them.
#[derive(Debug, Clone, Default)]
pub struct Ignored {
    /// These.
    pub names: Vec<String>,
    /// All.
    pub unknown: bool,
}

impl Ignored {
    /// Whether one is left out by its name, whether it is known or not.
    pub(crate) fn names(&self, name: &str) -> bool {
        let name = plain(name);
        self.names.iter().any(|ignored| plain(ignored) == name)
    }
}

/// What becomes of a column, or of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnUse {
    /// It is taken for these fields.
    Taken(Vec<String>),
    /// It is known, and has no place in a customer.
    LeftBehind,
    /// It has no name.
    Unnamed,
    /// The caller said to leave it out.
    Ignored,
    /// Nobody knows it.
    Unknown,
}

/// A column of a table, or a field of objects, with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Its name, or its number where it has none.
    pub name: String,
    /// What becomes of it.
    pub column_use: ColumnUse,
}

/// A column that is taken.
#[derive(Debug)]
pub(crate) struct TakenColumn {
    /// Its place in a row.
    pub(crate) place: usize,
    pub(crate) name: String,
    pub(crate) mapping: Mapping,
}

/// What the columns of a table are taken for.
#[derive(Debug)]
pub(crate) struct TablePlan {
    pub(crate) columns: Vec<PlannedColumn>,
    /// Those that are taken; those that only stand in for others come last.
    pub(crate) taken: Vec<TakenColumn>,
    /// What every row says besides.
    pub(crate) constants: Vec<(Target, String)>,
    /// The places of the columns without which a row goes on with the customer of the row before.
    pub(crate) continued_without: Vec<usize>,
    /// The places of the columns with the store that a row is of, and with the id of the customer there.
    pub(crate) store_and_id: Option<(usize, usize)>,
    /// How many entries of a list a row has room for.
    pub(crate) room: usize,
    /// The name of the dialect.
    pub(crate) dialect: Option<String>,
    pub(crate) dates: Option<DateOrder>,
}

/// Why a header is that of no table of customers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Two columns have the same name and are taken for the same field.
    #[error("there are two columns '{name}'")]
    Twice {
        /// The name.
        name: String,
    },
    /// Nothing in the table says who a row is.
    #[error(
        "no column says how to reach a customer: there must be one that is taken for email, externalReferenceId, id or a contact; name \
         it with --map"
    )]
    Nobody,
}

impl TablePlan {
    /// What columns of these names are taken for: by the caller's map, else by the dialect that is known by them, else by our
    /// own names, else by those that people use.
    ///
    /// # Errors
    /// When a name is there twice, or no column says who a row is.
    pub(crate) fn of_header(
        header: &[String],
        map: Option<&Dialect>,
        ignored: &Ignored,
    ) -> Result<Self, HeaderError> {
        let dialect = Dialect::of_header(header);
        let mut columns = Vec::with_capacity(header.len());
        let mut taken: Vec<TakenColumn> = Vec::new();
        let mut seen = HashSet::new();
        for (place, name) in header.iter().enumerate() {
            let meaning = meaning(name, map, dialect);
            let column_use = match meaning {
                _ if name.is_empty() => ColumnUse::Unnamed,
                _ if ignored.names(name) => ColumnUse::Ignored,
                _ if REPORT_COLUMNS.contains(&name.as_str()) => ColumnUse::LeftBehind,
                Some(Meaning::LeftBehind) => ColumnUse::LeftBehind,
                Some(Meaning::Says(mapping)) => {
                    let fields: Vec<_> = mapping.targets.iter().map(ToString::to_string).collect();
                    // Titles of extra fields differ in more than names of columns do: in spaces and punctuation.
                    if !seen.insert((plain(name), unique_key(&fields.concat()))) {
                        return Err(HeaderError::Twice { name: name.clone() });
                    }
                    taken.push(TakenColumn { place, name: name.clone(), mapping });
                    ColumnUse::Taken(fields)
                }
                None if ignored.unknown => ColumnUse::Ignored,
                None => ColumnUse::Unknown,
            };
            let name = if name.is_empty() { format!("column {}", place + 1) } else { name.clone() };
            columns.push(PlannedColumn { name, column_use });
        }
        taken.sort_by_key(|column| column.mapping.stands_in);
        let told = [map, dialect].into_iter().flatten();
        let constants: Vec<_> = told.clone().flat_map(|dialect| dialect.constants.iter().cloned()).collect();
        if !taken.iter().any(|column| column.mapping.targets.iter().any(Target::names_somebody)) {
            return Err(HeaderError::Nobody);
        }
        let place = |name: &String| header.iter().position(|column| plain(column) == plain(name));
        let continued =
            told.clone().map(|dialect| &dialect.continued_without).find(|names| !names.is_empty());
        let exact = |name: &str| header.iter().position(|column| column == name);
        let places = taken.iter().flat_map(|column| &column.mapping.targets).filter_map(Target::place);
        Ok(Self {
            store_and_id: exact(STORE_COLUMN).zip(exact("id")),
            room: places.max().map_or(1, |place| place + 1),
            columns,
            taken,
            constants,
            continued_without: continued.into_iter().flatten().filter_map(place).collect(),
            dialect: dialect.map(|dialect| dialect.name.clone()),
            dates: told.clone().find_map(|dialect| dialect.dates),
        })
    }

    /// The columns that are taken for a field.
    pub(crate) fn columns_for<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let is_for = move |column: &&TakenColumn| {
            column.mapping.targets.iter().any(|target| target.to_string() == field)
        };
        self.taken.iter().filter(is_for).map(|column| column.name.as_str())
    }
}

fn meaning(name: &str, map: Option<&Dialect>, dialect: Option<&Dialect>) -> Option<Meaning> {
    map.and_then(|map| map.meaning(name))
        .or_else(|| dialect?.meaning(name))
        .or_else(|| {
            own_fields(name).map(|field| {
                if field.is_read() { Meaning::Says(Mapping::to_field(field)) } else { Meaning::LeftBehind }
            })
        })
        .or_else(|| Dialect::plain()?.meaning(name))
}

/// A first map from these columns, for a person to go on with.
pub fn first_map(header: &[String]) -> String {
    let dialect = Dialect::of_header(header);
    let (mut left_behind, mut columns) = (Vec::new(), Vec::new());
    for name in header.iter().filter(|name| !name.is_empty()) {
        match meaning(name, None, dialect) {
            Some(Meaning::Says(mapping)) => columns.push(format!("{} = {}\n", quoted(name), mapping.text())),
            Some(Meaning::LeftBehind) => left_behind.push(quoted(name)),
            None => {
                let field = format!("extrafields[{name}]");
                columns.push(format!("# {} = {}\n", quoted(name), quoted(&field)));
            }
        }
    }
    let (left_behind, columns) = (left_behind.join(", "), columns.concat());
    format!(
        "# What each column is taken for. See docs/operations.md, \"Files\".\nleft-behind = [{left_behind}]\n\n[columns]\n{columns}"
    )
}

/// A text as TOML has it, which is as JSON has it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl fmt::Display for PlannedColumn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, column_use } = self;
        match column_use {
            ColumnUse::Taken(fields) => write!(formatter, "{name} -> {}", fields.join(", ")),
            ColumnUse::LeftBehind => write!(formatter, "{name}: left behind, a customer has no place for it"),
            ColumnUse::Unnamed => write!(formatter, "{name}: left out, it has no name"),
            ColumnUse::Ignored => write!(formatter, "{name}: left out, as asked"),
            ColumnUse::Unknown => write!(formatter, "{name}: unknown"),
        }
    }
}
