//! Bars that show numbers, drawn here: each page has a table with the same numbers beside them.

/// The size of the drawing.
const WIDTH: u64 = 640;
const HEIGHT: u64 = 140;
/// Between two bars.
const GAP: u64 = 6;
/// The widest bar.
const WIDEST: u64 = 96;
/// Below the bars, for labels.
const LABELS: u64 = 24;
/// Up to so many bars have a label each; of more, the first and the last have one.
const MOST_LABELS: usize = 6;

/// A number with its name.
pub(crate) struct Count {
    pub(crate) label: String,
    pub(crate) count: u64,
}

/// A bar of a chart.
pub(crate) struct Bar {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) says: String,
    /// What stands below it, where there is room.
    pub(crate) label: Option<Label>,
}

/// What stands below a bar.
pub(crate) struct Label {
    pub(crate) x: u64,
    /// Which end of the text is there: `start` or `end`.
    pub(crate) anchor: &'static str,
    pub(crate) text: String,
}

/// A chart, and the numbers in it.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    /// What is counted.
    pub(crate) of: &'static str,
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// Where the bars stand.
    pub(crate) ground: u64,
    /// Where the labels stand.
    pub(crate) label_y: u64,
    pub(crate) bars: Vec<Bar>,
    pub(crate) counts: Vec<Count>,
}

impl Chart {
    /// The chart of these numbers.
    pub(crate) fn new(title: &'static str, of: &'static str, counts: Vec<Count>) -> Self {
        let highest = counts.iter().map(|count| count.count).max().unwrap_or(0).max(1);
        let each = WIDTH / (counts.len() as u64).max(1);
        let bar = |(place, count): (u64, &Count)| {
            // What is there is seen, however little it is.
            let height = (count.count * HEIGHT / highest).max(u64::from(count.count > 0) * 2);
            let (x, width) = (place * each + GAP / 2, each.saturating_sub(GAP).clamp(1, WIDEST));
            let (is_first, is_last) = (place == 0, place + 1 == counts.len() as u64);
            let label = |anchor, x, text: String| Some(Label { x, anchor, text });
            let label = match counts.len() {
                ..=MOST_LABELS => label("start", x, format!("{} {}", count.label, count.count)),
                _ if is_first => label("start", x, count.label.clone()),
                _ if is_last => label("end", x + width, count.label.clone()),
                _ => None,
            };
            let says = format!("{}: {}", count.label, count.count);
            Bar { x, y: HEIGHT - height, width, height, says, label }
        };
        let bars = (0..).zip(&counts).map(bar).collect();
        Self {
            title,
            of,
            width: WIDTH,
            height: HEIGHT + LABELS,
            ground: HEIGHT,
            label_y: HEIGHT + 18,
            bars,
            counts,
        }
    }

    /// Whether all numbers are 0.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| count.count == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_drawing_and_the_lowest_is_seen() {
        let count = |count| Count { label: "a".to_owned(), count };
        let chart = Chart::new("t", "o", vec![count(1_000_000), count(1), count(0)]);
        let heights: Vec<_> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [HEIGHT, 2, 0]);
        assert!(chart.bars.iter().all(|bar| bar.x + bar.width <= WIDTH && bar.y + bar.height == HEIGHT));
        assert!(Chart::new("t", "o", vec![]).is_empty());
    }
}
