//! What the command line says of how to write.

use std::path::Path;

use clap::{Args, ValueEnum};
use shopfolk_files::write::{CardVersion, WrittenFormat};

use crate::failure::UsageError;
use crate::format::Written;

/// How to write.
#[derive(Debug, Args)]
pub(super) struct Form {
    /// How to write them [default: by the ending of FILE, .csv or .vcf; else ndjson]
    #[arg(long, value_enum, env = "SHOPFOLK_FORMAT")]
    format: Option<Written>,
    /// Whom a table is for: a spreadsheet takes texts for formulas and numbers, so these stand behind an apostrophe
    ///
    /// There is a byte order mark, and are 1,000 columns at the most: a customer with more contacts or addresses goes on in the
    /// rows after it. An import takes it as it was.
    #[arg(long = "for", value_enum, value_name = "PROGRAM", env = "SHOPFOLK_FOR")]
    program: Option<ForProgram>,
    /// The version of vCards [default: 4.0]; every phone and mail program reads 3.0
    #[arg(long, value_enum, value_name = "VERSION", env = "SHOPFOLK_VCARD")]
    vcard: Option<Vcard>,
    /// Write the groups, extra fields and orders of the store too, as further lines of NDJSON
    #[arg(long, env = "SHOPFOLK_WHOLE", value_parser = clap::builder::BoolishValueParser::new())]
    whole: bool,
}

/// The program that a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ForProgram {
    /// Excel and the like.
    Spreadsheet,
}

/// A version of vCards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Vcard {
    /// What phones and mail programs read that refuse 4.0.
    #[value(name = "3.0")]
    V3,
    /// RFC 6350.
    #[value(name = "4.0")]
    V4,
}

impl Form {
    /// The format for this file.
    ///
    /// # Errors
    /// When an option is for another format than that of the file.
    pub(super) fn of(&self, file: &Path) -> Result<WrittenFormat, UsageError> {
        let Self { format, program, vcard, whole } = *self;
        // Where neither says it, an option does that is for one format alone.
        let implied = match (program, vcard) {
            (Some(_), _) => Written::Csv,
            (_, Some(_)) => Written::Vcard,
            (None, None) => Written::Ndjson,
        };
        let format = format.or_else(|| Written::of_name(file)).unwrap_or(implied);
        let only = |option, of| {
            Err(UsageError(format!("{option} is for {of} alone; name another --format or FILE")))
        };
        match format {
            Written::Csv if vcard.is_none() && !whole => Ok(match program {
                Some(ForProgram::Spreadsheet) => WrittenFormat::Spreadsheet,
                None => WrittenFormat::Csv,
            }),
            Written::Vcard if program.is_none() && !whole => Ok(WrittenFormat::Cards(match vcard {
                Some(Vcard::V3) => CardVersion::V3,
                Some(Vcard::V4) | None => CardVersion::V4,
            })),
            Written::Ndjson if program.is_none() && vcard.is_none() => {
                Ok(if whole { WrittenFormat::WholeNdjson } else { WrittenFormat::Ndjson })
            }
            _ if program.is_some() && format != Written::Csv => only("--for", "tables (csv)"),
            _ if vcard.is_some() && format != Written::Vcard => only("--vcard", "vCards (vcard)"),
            _ => only("--whole", "lines of JSON (ndjson)"),
        }
    }
}
