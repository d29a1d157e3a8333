//! Charts as SVG, in two columns. It has its own background, dark where the reader's is.

use std::fmt::Write;

use super::chart::{Bar, Chart, Panel};

pub(super) fn svg(caption: &str, panels: &[Panel]) -> String {
    let mut body = String::new();
    let mut y = MARGIN + LINE;
    text(&mut body, "caption", MARGIN, y, caption);
    for panel in panels {
        y += HEADING;
        text(&mut body, "heading", MARGIN, y, &panel.title);
        y += LINE;
        for pair in panel.charts.chunks(COLUMNS.len()) {
            for (chart, x) in pair.iter().zip(COLUMNS) {
                chart.draw(&mut body, x, y);
            }
            y += pair.iter().map(Chart::height).fold(0.0, f64::max);
        }
    }
    document(caption, y + MARGIN, &body)
}

fn document(caption: &str, height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\n\
         {body}</svg>\n",
        escaped(caption)
    )
}

impl Chart {
    fn height(&self) -> f64 {
        self.rows_height() + LINE + GAP
    }

    fn rows_height(&self) -> f64 {
        self.bars.iter().map(|_| ROW).sum()
    }

    fn draw(&self, out: &mut String, x: f64, y: f64) {
        text(out, "title", x + NAMES, y + LINE / 2.0, &self.title);
        let top = y + LINE;
        let left = x + NAMES;
        let mut row = top;
        for bar in &self.bars {
            self.draw_bar(out, bar, x, row);
            row += ROW;
        }
        line(out, "axis", [left, top, left, row]);
        if let Some(reference) = self.reference {
            let at = left + self.length(reference);
            line(out, "reference", [at, top, at, row]);
        }
    }

    fn draw_bar(&self, out: &mut String, bar: &Bar, x: f64, y: f64) {
        let (left, middle) = (x + NAMES, y + ROW / 2.0);
        let [low, median, high] =
            [bar.spread.low, bar.spread.median, bar.spread.high].map(|number| self.length(number));
        text(out, "name", left - GAP / 2.0, middle + BASELINE, &bar.name);
        let _ = writeln!(
            out,
            "<rect class=\"{}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{median:.1}\" height=\"{:.1}\"/>",
            kind(&bar.name),
            y + BAR_INSET,
            ROW - 2.0 * BAR_INSET,
        );
        line(out, "whisker", [left + low, middle, left + high, middle]);
        for end in [low, high] {
            let at = left + end;
            line(out, "whisker", [at, middle - TICK, at, middle + TICK]);
        }
        let value = left + BARS + GAP / 2.0;
        text(out, "value", value, middle + BASELINE, &self.label(bar));
    }

    fn length(&self, number: f64) -> f64 {
        number / self.full * BARS
    }

    fn label(&self, bar: &Bar) -> String {
        let spread = bar.spread;
        let digits = match spread.median {
            _ if self.unit.is_empty() => 2,
            large if large >= 10.0 => 0,
            _ => 1,
        };
        let [low, median, high] =
            [spread.low, spread.median, spread.high].map(|number| format!("{number:.digits$}"));
        let unit = if self.unit.is_empty() { "" } else { " " };
        format!("{median}{unit}{} ({low}-{high})", self.unit)
    }
}

/// How a bar is coloured.
fn kind(name: &str) -> &'static str {
    if name.starts_with("pgs") {
        "ours"
    } else if name.starts_with("direct") {
        "direct"
    } else {
        "other"
    }
}

/// Writing to a string cannot fail.
fn text(out: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let text = escaped(text);
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
    );
}

fn line(out: &mut String, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
    let _ = writeln!(
        out,
        "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// All in pixels.
const WIDTH: f64 = 1016.0;
const MARGIN: f64 = 16.0;
const COLUMNS: [f64; 2] = [MARGIN, 516.0];
const NAMES: f64 = 164.0;
const BARS: f64 = 200.0;
const ROW: f64 = 18.0;
const BAR_INSET: f64 = 3.0;
const TICK: f64 = 3.0;
const LINE: f64 = 20.0;
const HEADING: f64 = 36.0;
const GAP: f64 = 16.0;
/// From the middle of a line down to where its letters stand.
const BASELINE: f64 = 4.0;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}\
.caption{fill:#59636e}.heading{font-size:16px;font-weight:600}.title{font-weight:600}\
.name{text-anchor:end}.value{font-size:11px;fill:#59636e}\
.paper{fill:#fff}.ours{fill:#0969da}.other{fill:#afb8c1}.direct{fill:#d8dee4}\
.axis{stroke:#59636e}.whisker{stroke:#1f2328}.reference{stroke:#cf222e;stroke-dasharray:3 3}\
@media(prefers-color-scheme:dark){\
text{fill:#f0f6fc}.caption,.value{fill:#9198a1}.paper{fill:#0d1117}\
.ours{fill:#1f6feb}.other{fill:#57606a}.direct{fill:#353c44}\
.axis{stroke:#9198a1}.whisker{stroke:#f0f6fc}.reference{stroke:#f85149}}";
