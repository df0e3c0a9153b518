//! The apostrophe that makes a spreadsheet take a cell for text.
//!
//! Spreadsheets show a cell that begins with an apostrophe without it, and run none as a formula; exports of shops put one
//! before numbers so that they keep their zeros. So one is taken away before digits and before `= + - @`, tab and CR. A text
//! that begins so by itself has one more when it is written here (`write/spreadsheet.rs`), and comes back as it was.

/// What spreadsheets take for the beginning of a formula, some of them in wide forms too, or remove.
pub(crate) const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Whether a cell is an apostrophe, or more, before what one is put before.
pub(crate) fn is_marked(cell: &str) -> bool {
    cell.starts_with('\'')
        && cell
            .trim_start_matches('\'')
            .starts_with(|first: char| first.is_ascii_digit() || FORMULA.contains(&first))
}

/// The text that a cell stands for.
pub(crate) fn read_cell(cell: &str) -> &str {
    if is_marked(cell) { &cell[1..] } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_apostrophe_is_taken_away_before_numbers_and_formulas() {
        for (cell, text) in [
            ("'5003", "5003"),
            ("'+47", "+47"),
            ("'=A1", "=A1"),
            ("'t Hooft", "'t Hooft"),
            ("''1", "'1"),
            ("'", "'"),
        ] {
            assert_eq!(read_cell(cell), text);
        }
    }
}
