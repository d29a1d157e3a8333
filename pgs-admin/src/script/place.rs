//! Where in a script an error is.

use super::statements;
use tokio_postgres::error::ErrorPosition;

/// The line, counted from 1: where the server points, or else where the statement that it had come to begins.
pub(super) fn line_of(error: &tokio_postgres::Error, done: usize, sql: &str) -> usize {
    pointed_at(error, sql).unwrap_or_else(|| line_of_statement(done, sql))
}

/// The server counts characters, not bytes, from 1.
fn pointed_at(error: &tokio_postgres::Error, sql: &str) -> Option<usize> {
    let ErrorPosition::Original(position) = error.as_db_error()?.position()? else {
        return None;
    };
    Some(line_at(sql, usize::try_from(*position).ok()?))
}

fn line_at(sql: &str, position: usize) -> usize {
    let before = sql.chars().take(position.saturating_sub(1));
    1 + before.filter(|character| *character == '\n').count()
}

fn line_of_statement(index: usize, sql: &str) -> usize {
    let statements = statements::split(sql);
    let statement = statements.get(index).or(statements.last());
    statement.map_or(1, |statement| statement.line)
}

/// What helps against mistakes that the server's words do not explain.
pub(super) fn advice(
    error: &tokio_postgres::Error,
    line: usize,
    sql: &str,
) -> Option<&'static str> {
    let text = sql.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    if text.trim_start().starts_with('\\') {
        Some("leave out commands with a backslash: they are psql's, and an init script is SQL")
    } else if error.as_db_error().is_none() {
        Some("if the script has COPY .. FROM STDIN, write it as INSERT")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(line_at("SELECT 1", 1), 1);
        assert_eq!(line_at("-- äöü\nSELEC 1", 8), 2);
        assert_eq!(line_at("a\n\nb", 99), 3);
    }

    #[test]
    fn without_a_position_the_statements_are_counted() {
        assert_eq!(line_of_statement(1, "SELECT 1;\n\nSELECT 1/0;"), 3);
        assert_eq!(line_of_statement(9, "SELECT 1;\nSELECT 2"), 2);
    }
}
