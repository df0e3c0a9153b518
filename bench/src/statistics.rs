//! Medians and percentiles.

/// The middle of some figures; of an even number the mean of the two in the middle. 0 of none.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The figure that so many of a hundred do not exceed, of figures in order. 0 of none.
pub fn percentile(sorted: &[f64], hundredths: usize) -> f64 {
    let place = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};

    #[test]
    fn a_percentile_leaves_so_many_below() {
        let figures: Vec<f64> = (0..200).map(f64::from).collect();
        assert!((percentile(&figures, 99) - 198.0).abs() < f64::EPSILON);
        assert!((percentile(&[7.0], 99) - 7.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 50).abs() < f64::EPSILON);
    }

    #[test]
    fn the_middle_does_not_depend_on_the_order() {
        let close = |figures: &[f64], expected: f64| {
            assert!((median(figures.iter().copied()) - expected).abs() < f64::EPSILON, "{figures:?}");
        };
        close(&[3.0, 1.0, 2.0], 2.0);
        close(&[4.0, 1.0, 3.0, 2.0], 2.5);
        close(&[7.0], 7.0);
        close(&[], 0.0);
    }
}
