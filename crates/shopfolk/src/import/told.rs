//! What a person is told of an import: what the columns are taken for, and what became of the rows.

use std::path::Path;

use shopfolk_files::{ColumnUse, FieldsLeftOut, FilePlan, Summary, TextEncoding};
use shopfolk_model::StoreId;

/// What a file is, and what is made of its columns.
pub(super) fn plan(file: &Path, plan: &FilePlan) -> Vec<String> {
    let mut what = vec![plan.content.to_string()];
    what.extend(plan.delimiter.map(|delimiter| match delimiter {
        ',' => "commas".to_owned(),
        ';' => "semicolons".to_owned(),
        '\t' => "tabs".to_owned(),
        '|' => "bars".to_owned(),
        other => format!("'{other}' between cells"),
    }));
    what.push(encoding(plan.encoding));
    what.extend(plan.dialect.iter().map(|dialect| format!("as {dialect} writes it")));
    let mut lines = vec![format!("'{}': {}", file.display(), what.join(", "))];
    let columns = plan.columns.iter().filter(|column| shows(plan, &column.column_use));
    lines.extend(columns.map(|column| format!("  {column}")));
    lines
}

/// Fields of JSON have our own names: only what is left out of them is worth a word.
fn shows(plan: &FilePlan, column_use: &ColumnUse) -> bool {
    plan.delimiter.is_some() || !matches!(column_use, ColumnUse::Taken(_))
}

fn encoding(encoding: TextEncoding) -> String {
    match encoding.name() {
        "windows-1252" => "windows-1252 (--encoding names another)".to_owned(),
        name => name.to_owned(),
    }
}

/// What became of the rows.
pub(super) fn summary(store: StoreId, summary: &Summary, is_dry_run: bool, report: &Path) -> Vec<String> {
    let Summary {
        created, without_email, updated, unchanged, passed_over, rejected, others, left_out, ..
    } = summary;
    let done = if is_dry_run { "Would import" } else { "Imported" };
    let mut told = vec![format!(
        "{done}: {created} customers created, {updated} changed, {unchanged} as they were in store {store}"
    )];
    if *passed_over > 0 {
        told.push(format!(", {passed_over} passed over"));
    }
    let [groups, fields, orders] = others;
    if groups + fields + orders > 0 {
        told.push(format!("; {groups} groups, {fields} extra fields and {orders} orders created"));
    }
    if *rejected > 0 {
        told.push(format!("; {rejected} lines rejected, see '{}'", report.display()));
    }
    told.push(".".to_owned());
    let mut lines = Vec::new();
    for (field, FieldsLeftOut { times, line, reason }) in left_out {
        let field = if field.is_empty() { "of rows" } else { field };
        lines.push(format!("Left out: {field}, {times} times, first in line {line}: {reason}"));
    }
    if *without_email > 0 {
        lines.push(format!("Without an e-mail address: {without_email} of those created."));
    }
    lines.push(told.concat());
    lines
}
