//! Medians and ratios.

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

#[cfg(test)]
mod tests {
    use super::median;

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
