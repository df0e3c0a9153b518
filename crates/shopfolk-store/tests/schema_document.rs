//! `docs/schema.md` lists every table with its keys.
#![allow(clippy::unwrap_used, clippy::panic)]

use shopfolk_store::TABLES;

#[test]
fn the_document_lists_every_table_with_its_key_its_owner_and_what_is_there_once() {
    let document = include_str!("../../../docs/schema.md");
    for table in TABLES {
        let name = format!("| `{}` |", table.name);
        let line = document.lines().find(|line| line.starts_with(&name));
        let line = line.unwrap_or_else(|| panic!("{} is missing", table.name));
        let keys = table.key().map(|column| column.name);
        let unique = table.unique.iter().filter(|unique| unique.columns.len() == 1);
        let columns = keys.chain(unique.flat_map(|unique| unique.columns.iter().copied()));
        for name in columns.chain(table.owner.map(|owner| owner.table)) {
            assert!(line.contains(&format!("`{name}`")), "{}: {name} is missing: {line}", table.name);
        }
    }
}
