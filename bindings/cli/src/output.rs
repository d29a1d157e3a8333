//! What people and programs read. A reader that goes away, such as `head`, ends the output, not the command.

use comfy_table::{Table, presets};
use pgs::{Error, Timestamp};
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};

/// One line, or many, for a person.
pub(crate) fn line(text: impl AsRef<str>) {
    raw(&format!("{}\n", text.as_ref()));
}

/// Exactly this text.
pub(crate) fn raw(text: &str) {
    write(std::io::stdout(), text);
}

/// One JSON value for a program.
pub(crate) fn json(value: &Value) {
    line(format!("{value:#}"));
}

/// A remark on standard error, beside the result.
pub(crate) fn remark(text: impl AsRef<str>) {
    write(std::io::stderr(), &format!("{}\n", text.as_ref()));
}

fn write(mut to: impl Write, text: &str) {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        tracing::warn!(%error, "the output could not be written");
    }
}

/// What went wrong and what to do.
pub(crate) fn error(error: &Error, as_json: bool) {
    if as_json {
        remark(format!("{:#}", json!({ "error": error_value(error) })));
        return;
    }
    remark(format!("pgs: {}", harmless(&error.chain())));
    if let Some(remedy) = error.remedy() {
        remark(format!("  try: {remedy}"));
    }
}

pub(crate) fn error_value(error: &Error) -> Value {
    json!({ "code": error.kind().code(), "message": error.chain(), "remedy": error.remedy() })
}

/// Rows under a header, aligned, without borders.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    line(table_text(header, rows));
}

/// The same as text.
pub(crate) fn table_text<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
        .to_string()
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first line of a text that others may have had a hand in, such as a server's log, safe for a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars()
        .map(|c| if c.is_control() && c != '\t' { '?' } else { c })
        .collect()
}

/// The same for all its lines.
pub(crate) fn harmless(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n")
}

/// A number of bytes in at most three digits and a letter: `999`, `1.5K`, `20M`.
pub(crate) fn bytes(count: f64) -> String {
    let mut value = count;
    for unit in ["", "K", "M", "G"] {
        match value {
            value if value < 9.95 && !unit.is_empty() => return format!("{value:.1}{unit}"),
            value if value < 999.5 => return format!("{value:.0}{unit}"),
            _ => value /= 1024.0,
        }
    }
    format!("{value:.1}T")
}

/// How long ago, in one unit: `59s`, `2m`, `5h`, `3d`.
pub(crate) fn age(seconds: f64) -> String {
    let mut value = seconds;
    for (unit, size) in [("s", 60.0), ("m", 60.0), ("h", 24.0)] {
        if value < size {
            return format!("{:.0}{unit}", value.floor());
        }
        value /= size;
    }
    format!("{:.0}d", value.floor())
}

/// A point in time in the local time zone.
pub(crate) fn time(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map_or_else(
        |_| format!("{} ms", at.as_millis()),
        |at| {
            at.to_zoned(jiff::tz::TimeZone::system())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits_at_most() {
        for (count, text) in [
            (0.0, "0"),
            (999.0, "999"),
            (1000.0, "1.0K"),
            (1536.0, "1.5K"),
            (20.4 * 1024.0 * 1024.0, "20M"),
            (5e15, "4656.6T"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, text) in [
            (0.9, "0s"),
            (59.9, "59s"),
            (60.0, "1m"),
            (7199.0, "1h"),
            (200_000.0, "2d"),
        ] {
            assert_eq!(age(seconds), text);
        }
    }
}
