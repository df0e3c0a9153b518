//! Bar charts in SVG, written by hand: no script, no font to load, readable in light and dark surroundings.

/// One of the charts that stand side by side.
#[derive(Debug)]
pub struct Panel {
    /// What is shown.
    pub title: &'static str,
    /// How to read it, for example "more is better".
    pub note: &'static str,
    /// The bars from top to bottom.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Its length.
    pub value: f64,
    /// The value as the reader sees it.
    pub text: String,
    /// Whether it is the one that the chart is about.
    pub ours: bool,
}

const WIDTH: usize = 880;
const MARGIN: usize = 28;
const GAP: usize = 40;
const BAR_HEIGHT: usize = 18;
/// From one bar to the next, with the label above each.
const STEP: usize = 50;
const FIRST_BAR: usize = 140;
/// Room for the value behind the longest bar.
const VALUE_ROOM: usize = 84;

const STYLE: &str = "\
  <style>
    text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #1f2933; }
    .title { font-size: 18px; font-weight: 600; }
    .panel { font-weight: 600; }
    .note { font-size: 12px; fill: #5c6975; }
    .value { font-variant-numeric: tabular-nums; font-weight: 600; }
    .card { fill: #ffffff; stroke: #d9dee3; }
    .track { fill: #eef1f4; }
    .ours { fill: #0b7a75; }
    .other { fill: #9aa7b4; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6eaee; }
      .note { fill: #9aa7b4; }
      .card { fill: #14191f; stroke: #2c353f; }
      .track { fill: #222a32; }
      .ours { fill: #2fb8ae; }
      .other { fill: #64727f; }
    }
  </style>
";

/// Draws panels side by side under one title.
pub fn render(title: &str, subtitle: &str, panels: &[Panel]) -> String {
    let bars = panels.iter().map(|panel| panel.bars.len()).max().unwrap_or(0);
    let height = FIRST_BAR + bars * STEP;
    let count = panels.len().max(1);
    let panel_width = (WIDTH - 2 * MARGIN - (count - 1) * GAP) / count;
    let mut drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title description\">\n  <title id=\"title\">{}</title>\n  \
         <desc id=\"description\">{}</desc>\n{STYLE}  <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{}\" \
         height=\"{}\" rx=\"10\"/>\n",
        escaped(title),
        escaped(&description(panels)),
        WIDTH - 1,
        height - 1,
    );
    drawing += &text("title", MARGIN, 38, title);
    drawing += &text("note", MARGIN, 60, subtitle);
    for (position, panel) in panels.iter().enumerate() {
        drawing += &draw(panel, MARGIN + position * (panel_width + GAP), panel_width);
    }
    drawing + "</svg>\n"
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths of a few hundred pixels"
)]
fn draw(panel: &Panel, left: usize, width: usize) -> String {
    let longest = panel.bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let track = width - VALUE_ROOM;
    let mut drawing = text("panel", left, 92, panel.title);
    drawing += &text("note", left, 109, panel.note);
    for (position, bar) in panel.bars.iter().enumerate() {
        let top = FIRST_BAR + position * STEP;
        // A bar that is not zero stays visible.
        let length = ((bar.value / longest * track as f64).round() as usize).max(2);
        let class = if bar.ours { "ours" } else { "other" };
        drawing += &text("label", left, top, &bar.label);
        drawing += &rectangle("track", left, top + 6, track);
        drawing += &rectangle(class, left, top + 6, length);
        drawing += &text("value", left + track + 10, top + 20, &bar.text);
    }
    drawing
}

fn rectangle(class: &str, left: usize, top: usize, width: usize) -> String {
    format!(
        "  <rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{BAR_HEIGHT}\" rx=\"3\"/>\n"
    )
}

fn text(class: &str, left: usize, baseline: usize, content: &str) -> String {
    format!("  <text class=\"{class}\" x=\"{left}\" y=\"{baseline}\">{}</text>\n", escaped(content))
}

/// All the chart says, for those who cannot see it.
fn description(panels: &[Panel]) -> String {
    let panel = |panel: &Panel| {
        let bars: Vec<String> = panel.bars.iter().map(|bar| format!("{} {}", bar.label, bar.text)).collect();
        format!("{} ({}): {}.", panel.title, panel.note, bars.join(", "))
    };
    panels.iter().map(panel).collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Bar, Panel, render};

    #[test]
    fn the_chart_says_what_it_shows() {
        let bars = vec![
            Bar { label: "A & B".to_owned(), value: 10.0, text: "10".to_owned(), ours: true },
            Bar { label: "C".to_owned(), value: 0.0, text: "0".to_owned(), ours: false },
        ];
        let drawing = render("Speed", "seconds", &[Panel { title: "rate", note: "more is better", bars }]);
        assert!(drawing.contains("rate (more is better): A &amp; B 10, C 0."));
        assert!(drawing.ends_with("</svg>\n"));
        assert_eq!(drawing.matches("class=\"ours\"").count(), 1);
    }
}
