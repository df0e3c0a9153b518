//! A file with customers: what it is, what it says, and what is made of that.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use shopfolk_api::{Empty, FieldUse, STORE_COLUMN, fields_of_imported_customer};
use shopfolk_model::StoreKey;
use tokio::sync::mpsc;

use crate::dialect::Dialect;
use crate::plan::{self, ColumnUse, HeaderError, Ignored, PlannedColumn, TablePlan};
use crate::read::{
    Batch, Cards, Content, Customers, Header, HeaderRowError, JsonShape, LineEnd, Lines, NotCustomers,
    Objects, Piece, REPORT_FIELD, ReadRules, Rows, Source, TextEncoding, read_ahead,
};
use crate::values::DateOrder;
use crate::write::StoreMark;

/// What the caller says of a file, and asks for.
#[derive(Debug, Default)]
pub struct FileOptions {
    /// What the file is; told by its content where nothing is said.
    pub format: Option<Format>,
    /// In which letters it is written.
    pub encoding: Option<TextEncoding>,
    /// What parts the cells of a table.
    pub delimiter: Option<u8>,
    /// What the columns of a table are taken for, before anything that is known of them.
    pub map: Option<Dialect>,
    /// Columns or fields that may be left out.
    pub ignored: Ignored,
    /// What an empty cell or field says.
    pub empty: Empty,
    /// Whether a row of which something does not fit is rejected.
    pub strict: bool,
    /// What comes first in dates.
    pub dates: Option<DateOrder>,
    /// Whether what has no place in a customer goes to the notes.
    pub keep_rest: bool,
    /// The key of the store that it is imported into: ids in an export of that store are its own.
    pub store: Option<StoreKey>,
}

/// What a caller can say that a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An object a line.
    Ndjson,
    /// Objects in an array, in a page, or one after the other.
    Json,
    /// A table.
    Csv,
    /// vCards.
    Vcard,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It has no customers.
    #[error(transparent)]
    NotCustomers(#[from] NotCustomers),
    /// It has no row that names columns.
    #[error(transparent)]
    HeaderRow(#[from] HeaderRowError),
    /// The columns are those of no table of customers.
    #[error("the header: {0}")]
    Header(#[from] HeaderError),
    /// It cannot be read at all.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// What a file is, and what is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// What it is.
    pub content: Content,
    /// In which letters it is written.
    pub encoding: TextEncoding,
    /// What parts its cells.
    pub delimiter: Option<char>,
    /// In whose words its columns are named.
    pub dialect: Option<String>,
    /// What becomes of its columns, or of the fields of its first objects.
    pub columns: Vec<PlannedColumn>,
    /// Whether it is an export of the store that it is imported into.
    pub is_of_this_store: bool,
    /// Whether it has all of a store, its groups, extra fields and orders too.
    pub is_whole: bool,
}

impl FilePlan {
    /// The columns or fields that nobody knows, and that the caller did not say to leave out.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let unknown = self.columns.iter().filter(|column| column.column_use == ColumnUse::Unknown);
        unknown.map(|column| column.name.as_str())
    }
}

/// An opened file.
pub struct CustomerFile {
    /// What it is, and what is made of it.
    pub plan: FilePlan,
    /// How many bytes it has, where that is known.
    pub size: Option<u64>,
    /// The columns of a table.
    pub(crate) header: Vec<String>,
    /// What its columns are taken for.
    pub(crate) table: Option<Arc<TablePlan>>,
    customers: Box<dyn Customers>,
    read: Arc<AtomicU64>,
}

impl CustomerFile {
    /// Looks at the beginning of a file, and makes a plan of it.
    ///
    /// # Errors
    /// When it is none with customers, or cannot be read.
    pub fn open(source: Source, options: FileOptions) -> Result<Self, FileError> {
        let Opened { content, encoding, head, source } = opened(source, &options)?;
        let FileOptions { ignored, empty, strict, dates, keep_rest, map, delimiter, store, .. } = options;
        let own_store = store.filter(|&store| is_of(&head, content, store));
        let rules = ReadRules { empty, strict, dates, keep_rest, ignored, own_store };
        let size = source.size;
        let (input, read) = source.into_reader();
        let input: Box<dyn io::BufRead + Send> = match encoding {
            encoding if encoding.is_utf_8() => Box::new(input),
            encoding => Box::new(encoding.decoding(input)),
        };
        let mut plan = FilePlan {
            content,
            encoding,
            delimiter: None,
            dialect: None,
            columns: Vec::new(),
            is_of_this_store: rules.own_store.is_some(),
            is_whole: mark(&head).is_some_and(|mark| mark.whole),
        };
        let (mut header, mut table) = (Vec::new(), None);
        let customers: Box<dyn Customers> = match content {
            Content::Table => {
                let rows = Header::read(input, LineEnd::of(&head), delimiter)?;
                header.clone_from(&rows.names);
                let of_header = Arc::new(TablePlan::of_header(&header, map.as_ref(), &rules.ignored)?);
                plan.delimiter = Some(char::from(rows.records.delimiter()));
                plan.dialect.clone_from(&of_header.dialect);
                plan.columns.clone_from(&of_header.columns);
                table = Some(Arc::clone(&of_header));
                Box::new(Rows::new(rows, of_header, rules))
            }
            Content::Json(shape) => {
                plan.columns = fields(&head, shape, &rules)?;
                match shape {
                    JsonShape::Lines => Box::new(Lines::new(input, rules)),
                    JsonShape::Objects => Box::new(Objects::new(input, rules)?),
                    JsonShape::Page => Box::new(Objects::of_page(input, rules)?),
                }
            }
            Content::Cards => Box::new(Cards::new(input, rules)),
        };
        Ok(Self { plan, size, header, table, customers, read })
    }

    /// Reads it on a thread of its own.
    pub(crate) fn into_batches(self) -> io::Result<mpsc::Receiver<io::Result<Batch>>> {
        read_ahead(self.customers, self.read)
    }
}

/// What the first line of a file says of the store that it is of.
fn mark(head: &[u8]) -> Option<StoreMark> {
    let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    StoreMark::of_line(first).ok().flatten()
}

/// Whether a file that begins so says that it is of this store.
fn is_of(head: &[u8], content: Content, store: StoreKey) -> bool {
    match content {
        Content::Json(_) => mark(head).is_some_and(|mark| mark.store == Some(store)),
        Content::Table => [STORE_COLUMN, store.as_str()]
            .iter()
            .all(|text| memchr::memmem::find(head, text.as_bytes()).is_some()),
        Content::Cards => false,
    }
}

/// A first map for a table, in TOML, for a person to go on with.
///
/// # Errors
/// When the file is no table, or cannot be read.
pub fn first_map(source: Source, options: &FileOptions) -> Result<String, FileError> {
    let Opened { encoding, head, .. } = opened(source, options)?;
    let head = if encoding.is_utf_8() { head } else { encoding.decode(&head).into_bytes() };
    let header = Header::read(&head[..], LineEnd::of(&head), options.delimiter)?;
    Ok(plan::first_map(&header.names))
}

struct Opened {
    content: Content,
    encoding: TextEncoding,
    head: Vec<u8>,
    source: Source,
}

fn opened(source: Source, options: &FileOptions) -> Result<Opened, FileError> {
    let marked = TextEncoding::of_mark(&source.head);
    let text = marked.decode_head(&source.head);
    let content = match options.format {
        None => Content::of(&text)?,
        Some(Format::Ndjson) => Content::Json(JsonShape::Lines),
        Some(Format::Json) => Content::Json(match JsonShape::of(&text) {
            JsonShape::Lines => JsonShape::Objects,
            other => other,
        }),
        Some(Format::Csv) => Content::Table,
        Some(Format::Vcard) => Content::Cards,
    };
    let encoding = match (options.encoding, content) {
        (Some(encoding), _) => encoding,
        (None, Content::Table) => TextEncoding::of(&source.head),
        // JSON is UTF-8, and vCards say for themselves what they are.
        (None, Content::Json(_) | Content::Cards) => marked,
    };
    Ok(Opened { content, encoding, head: text, source })
}

/// The fields of the objects at the beginning of a file, with what becomes of them.
fn fields(head: &[u8], shape: JsonShape, rules: &ReadRules) -> io::Result<Vec<PlannedColumn>> {
    let head = io::Cursor::new(head.to_vec());
    let mut objects: Box<dyn Customers> = match shape {
        JsonShape::Lines => Box::new(Lines::new(head, rules.clone())),
        JsonShape::Objects => Box::new(Objects::new(head, rules.clone())?),
        JsonShape::Page => Box::new(Objects::of_page(head, rules.clone())?),
    };
    let mut columns: Vec<PlannedColumn> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut text = Vec::new();
    while let Some(item) = objects.next(&mut text)? {
        if matches!(item.said, Ok(Piece::Record(_))) {
            text.clear();
            continue;
        }
        for (name, field_use) in fields_of_imported_customer(text.trim_ascii()).unwrap_or_default() {
            if places.contains_key(&name) || name == REPORT_FIELD {
                continue;
            }
            places.insert(name.clone(), columns.len());
            let column_use = match field_use {
                _ if rules.ignored.names(&name) => ColumnUse::Ignored,
                FieldUse::Taken => ColumnUse::Taken(vec![name.clone()]),
                FieldUse::LeftBehind => ColumnUse::LeftBehind,
                FieldUse::Unknown if rules.ignored.unknown => ColumnUse::Ignored,
                FieldUse::Unknown => ColumnUse::Unknown,
            };
            columns.push(PlannedColumn { name, column_use });
        }
        text.clear();
    }
    Ok(columns)
}

#[cfg(test)]
mod tests;
