//! Tables in Markdown.

/// A table whose first column is text and whose other columns are figures.
#[derive(Debug)]
pub struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these heads.
    pub fn new(heads: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { heads: heads.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, label: &str, cells: impl IntoIterator<Item = String>) {
        self.rows.push(std::iter::once(label.to_owned()).chain(cells).collect());
    }

    /// The table with aligned columns, readable as plain text too.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells
                    .chain(&self.heads[column..=column])
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
                    .max(4)
            })
            .collect();
        let line = |cells: &[String]| {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
                0 => format!("| {cell:<width$} |"),
                _ => format!(" {cell:>width$} |"),
            });
            padded.collect::<String>() + "\n"
        };
        let rule = widths.iter().enumerate().map(|(column, &width)| match column {
            0 => format!("| {} |", "-".repeat(width)),
            _ => format!(" {}: |", "-".repeat(width - 1)),
        });
        let mut text = line(&self.heads) + &rule.collect::<String>() + "\n";
        for row in &self.rows {
            text += &line(row);
        }
        text
    }
}

/// A whole number with commas between the thousands.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and rates, never negative"
)]
pub fn grouped(number: f64) -> String {
    let digits = (number.round() as u64).to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Table, grouped};

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(["", "Shopfolk"]);
        table.row("requests/s", ["9".to_owned()]);
        assert_eq!(
            table.render(),
            "|            | Shopfolk |\n| ---------- | -------: |\n| requests/s |        9 |\n"
        );
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(grouped(999.4), "999");
        assert_eq!(grouped(1_234_567.0), "1,234,567");
    }
}
